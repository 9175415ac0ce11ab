"""This machine's own processor: half precision where it is an ARM that has it, else single precision."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from components.device_lab.device_run import DeviceRequest, DeviceRun
from components.device_lab.guest_process import GUEST_PROGRAM, LIMIT_SECONDS, run_guest, write_request


def run_natively(request: DeviceRequest, *, limit_seconds: float = LIMIT_SECONDS) -> DeviceRun:
    """Runs every example in a Python process of its own, which may crash without harm.

    ``half_precision`` is true on ARM processors with FEAT_FP16 only: XNNPACK takes the half-precision path of
    marked files there, on x86 it computes in single precision. Nothing is counted.

    Raises:
        NoriaError: The file cannot be run, crashed, or took longer than ``limit_seconds``.
    """
    with tempfile.TemporaryDirectory(prefix="noria-native-") as name:
        folder = Path(name)
        write_request(folder, request)
        command = [sys.executable, "-P", str(GUEST_PROGRAM)]
        answer = run_guest("native", command, dict(os.environ), folder, request, limit_seconds)
    return DeviceRun(
        outputs=answer.outputs,
        half_precision=answer.half_precision,
        instructions=None,
        memory_bytes=answer.memory_bytes,
        processor=f"{_processor()} ({platform.machine()})",
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.system()
