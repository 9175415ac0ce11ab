"""Debian packages of any architecture, unpacked into a folder, without root and without installing them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from components.device_lab.device_run import DeviceUnavailableError
from noria.files import write_text

_MINUTES = 20 * 60


def unpack_packages(
    architecture: str, packages: Sequence[str], folder: Path, progress: Callable[[str], None]
) -> None:
    """Downloads packages and all that they depend on, from the system's own sources, and unpacks them.

    The system's package lists and database are neither read nor written: apt keeps a state of its own in a
    folder that is removed afterwards.

    Args:
        architecture: In Debian's words: ``arm64``, ``amd64``.
        packages: Their names.
        folder: Where their files go; made.
        progress: Told what is being done.

    Raises:
        DeviceUnavailableError: There is no apt-get or dpkg-deb here, or the packages cannot be had.
    """
    require_programs()
    state = folder.parent / f".{folder.name}.apt"
    shutil.rmtree(state, ignore_errors=True)
    try:
        environment = _private_state(state, architecture)
        progress(f"reading the package lists of {architecture}")
        said = run_tool(["apt-get", "-q", "update"], environment)
        progress(f"downloading {', '.join(packages)} ({architecture})")
        install = ["apt-get", "-q", "install", "-y", "--download-only", "--no-install-recommends"]
        run_tool([*install, *packages], environment, context=said)
        archives = sorted((state / "cache" / "archives").glob("*.deb"))
        megabytes = sum(archive.stat().st_size for archive in archives) / 1e6
        progress(f"unpacking {len(archives)} packages, {megabytes:.0f} MB ({architecture})")
        folder.mkdir(parents=True, exist_ok=True)
        for archive in archives:
            run_tool(["dpkg-deb", "-x", str(archive), str(folder)], environment)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def host_architecture() -> str:
    """This machine's architecture in Debian's words."""
    require_programs()
    return run_tool(["dpkg", "--print-architecture"], dict(os.environ)).strip()


def require_programs() -> None:
    """Raises DeviceUnavailableError unless Debian's package tools are here."""
    missing = [name for name in ("apt-get", "dpkg-deb", "dpkg") if shutil.which(name) is None]
    if missing:
        raise DeviceUnavailableError(
            f"the emulator is made from Debian's packages, and this machine has no {', '.join(missing)}",
            hint="use Debian or Ubuntu (root is not needed), e.g. in a container, or name other devices",
        )


def run_tool(command: Sequence[str], environment: dict[str, str], *, context: str = "") -> str:
    """Runs a package tool; returns what it printed.

    Raises:
        DeviceUnavailableError: It failed or did not end; with its last lines.
    """
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_MINUTES,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeviceUnavailableError(
            f"`{' '.join(command)}` had not ended after {_MINUTES} s", hint="is the network slow or blocked?"
        ) from None
    if done.returncode:
        warnings = [line for line in context.splitlines() if line.startswith(("W:", "E:"))]
        lines = "\n".join([*warnings[-4:], *done.stdout.strip().splitlines()[-6:]])
        raise DeviceUnavailableError(
            f"`{' '.join(command)}` failed, status {done.returncode}; its last lines:\n{lines}",
            hint="is the network there, and do the package sources have this package?",
        )
    return done.stdout


def _private_state(state: Path, architecture: str) -> dict[str, str]:
    for name in ("state/lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True)
    write_text(state / "status", "")
    write_text(
        state / "apt.conf",
        f'APT::Architecture "{architecture}";\n'
        f'APT::Architectures {{ "{architecture}"; }};\n'
        f'Dir::State "{state}/state";\n'
        f'Dir::State::status "{state}/status";\n'
        f'Dir::Cache "{state}/cache";\n'
        # apt run by root would hand downloads to a user who may not write here.
        'APT::Sandbox::User "";\n',
    )
    return {
        **os.environ,
        "APT_CONFIG": str(state / "apt.conf"),
        "LC_ALL": "C",
        "DEBIAN_FRONTEND": "noninteractive",
    }
