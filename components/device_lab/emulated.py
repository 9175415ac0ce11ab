"""Emulated ARM processors: qemu's user emulation of one process."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from components.device_lab.device_run import DeviceRequest, DeviceRun, DeviceUnavailableError
from components.device_lab.emulator_command import EmulatorFolder
from components.device_lab.emulator_install import emulator_folder, install_emulator, installed_emulator
from components.device_lab.guest_process import GUEST_PROGRAM, LIMIT_SECONDS, run_guest, write_request
from components.device_lab.profiles import DeviceProfile

_log = logging.getLogger(__name__)


def run_emulated(
    profile: DeviceProfile, request: DeviceRequest, *, install: bool, limit_seconds: float = LIMIT_SECONDS
) -> DeviceRun:
    """Runs every example in one emulated process with a folder of its own, so that several may run at once.

    ``memory_bytes`` includes what the emulator translated, so it is an upper bound.

    Raises:
        DeviceUnavailableError: The emulator is not installed and may not be, or cannot be.
        NoriaError: The file cannot be run, crashed, or took longer than ``limit_seconds``.
    """
    if installed_emulator() is None:
        if not install:
            raise DeviceUnavailableError(
                f"{profile.name} is emulated, and the emulator is not installed",
                hint="run `noria devices setup`",
            )
        install_emulator(_log.info)
    stamp = installed_emulator()
    emulator = EmulatorFolder(emulator_folder())
    with tempfile.TemporaryDirectory(prefix="noria-emulated-") as name:
        folder = Path(name)
        write_request(folder, request)
        command = [*emulator.command(profile, folder, count=request.count), "-P", str(GUEST_PROGRAM)]
        environment = emulator.environment(folder)
        answer = run_guest(profile.name, command, environment, folder, request, limit_seconds)
    return DeviceRun(
        outputs=answer.outputs,
        half_precision=answer.half_precision,
        instructions=answer.instructions,
        memory_bytes=answer.memory_bytes,
        processor=f"{profile.cpu} (qemu {stamp.qemu})" if stamp else profile.cpu,
    )
