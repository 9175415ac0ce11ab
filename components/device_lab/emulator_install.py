"""What emulated devices stand on: qemu's user emulation, an ARM root folder with Python, LiteRT for ARM.

Nothing is installed in the system and nothing needs root: Debian's packages are unpacked into the lab folder,
qemu is started by its own dynamic loader, LiteRT's and NumPy's ARM wheels come from the package index.

Layout of the folder: ``host/`` (qemu and its libraries), ``root/`` (ARM: Python, libstdc++), ``site/`` (ARM:
LiteRT, NumPy), ``counter.so`` (where a C compiler was found), ``stamp.json`` (versions; written last).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from components.device_lab.debian_packages import (
    host_architecture,
    require_programs,
    run_tool,
    unpack_packages,
)
from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.emulator_command import EmulatorFolder
from components.device_lab.lab_folder import VARIABLE, lab_folder
from noria.errors import NoriaError
from noria.files import read_json, write_json
from noria.locks import locked

COUNTER_SOURCE = Path(__file__).with_name("instruction_counter.c")
# Raise it when what is fetched, or how it is laid out, changes.
_RECIPE = 2
_ROOT_PACKAGES = ("python3-minimal", "libpython3-stdlib", "libstdc++6")
_PLATFORMS = (
    "manylinux_2_28_aarch64",
    "manylinux_2_27_aarch64",
    "manylinux_2_17_aarch64",
    "manylinux2014_aarch64",
)


@dataclass(frozen=True)
class EmulatorStamp:
    """What was installed; ``counter`` is empty where instructions can be counted, else why they cannot."""

    qemu: str
    python: str
    litert: str
    numpy: str
    counter: str
    megabytes: int

    def __str__(self) -> str:
        counting = f"no instruction counts: {self.counter}" if self.counter else "counts instructions"
        return (
            f"qemu {self.qemu}, ARM Python {self.python}, LiteRT {self.litert}, NumPy {self.numpy}, "
            f"{self.megabytes} MB, {counting}"
        )


def emulator_folder() -> Path:
    """Where the emulator for this Noria lies, there or not; other recipes and LiteRTs have other folders."""
    recipe = f"{_RECIPE} {_ROOT_PACKAGES} {hashlib.sha256(COUNTER_SOURCE.read_bytes()).hexdigest()}"
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    return lab_folder() / f"emulator-litert-{importlib.metadata.version('ai-edge-litert')}-{digest}"


def installed_emulator() -> EmulatorStamp | None:
    """What is installed; None where nothing is."""
    path = emulator_folder() / "stamp.json"
    return EmulatorStamp(**read_json(path)) if path.is_file() else None


def emulator_status() -> str | None:
    """The installed versions in words; None where the emulator is not installed."""
    stamp = installed_emulator()
    return str(stamp) if stamp else None


def install_emulator(progress: Callable[[str], None]) -> Path:
    """Fetches everything unless it is there; other processes that want the same wait for the first.

    Returns:
        The folder.

    Raises:
        DeviceUnavailableError: Package tools, packages or the network are missing.
    """
    folder = emulator_folder()
    if installed_emulator() is not None:
        # Without the lock: an image's folder cannot be written, and need not be.
        return folder
    try:
        with locked(lab_folder() / "emulator.lock"):
            if installed_emulator() is None:
                require_programs()
                _install_beside(folder, progress)
    except OSError as error:
        raise DeviceUnavailableError(
            f"the emulator cannot be written to {folder}: {error}",
            hint=f"name a folder that may be written with {VARIABLE}",
        ) from error
    return folder


def _install_beside(folder: Path, progress: Callable[[str], None]) -> None:
    """Fills a folder beside and renames it; what a killed process left of one is removed first."""
    beside = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        stamp = _fill(EmulatorFolder(beside), progress)
        write_json(beside / "stamp.json", asdict(stamp))
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    progress(f"installed {stamp}")


def _fill(emulator: EmulatorFolder, progress: Callable[[str], None]) -> EmulatorStamp:
    unpack_packages(host_architecture(), ["qemu-user"], emulator.host, progress)
    unpack_packages("arm64", _ROOT_PACKAGES, emulator.root, progress)
    _prune(emulator)
    _link_merged_folders(emulator.root)
    python = emulator.python.name.removeprefix("python")
    _fetch_wheels(emulator.site, python, progress)
    progress("trying the emulator")
    # The first start also writes the bytecode that later ones use.
    versions = _guest(
        emulator,
        "import ai_edge_litert.interpreter, numpy, importlib.metadata as m; "
        "print(m.version('ai-edge-litert'), numpy.__version__)",
        environment={"PYTHONDONTWRITEBYTECODE": ""},
    ).split()
    counter = _compile_counter(emulator, progress)
    size = sum(p.lstat().st_size for p in emulator.path.rglob("*") if not p.is_dir())
    return EmulatorStamp(
        qemu=emulator.qemu_version(),
        python=python,
        litert=versions[-2],
        numpy=versions[-1],
        counter=counter,
        megabytes=round(size / 1e6),
    )


def _prune(emulator: EmulatorFolder) -> None:
    """Emulators of other processors, documentation and translations are half of what was unpacked."""
    for other in (emulator.host / "usr/bin").glob("qemu-*"):
        if other.name != "qemu-aarch64":
            other.unlink()
    for folder in (emulator.host, emulator.root):
        shutil.rmtree(folder / "usr/share", ignore_errors=True)


def _link_merged_folders(root: Path) -> None:
    """Newer Debians put all of /lib and /bin under /usr and leave the links to the system's base."""
    for name in ("lib", "bin", "lib64"):
        if not (root / name).exists() and (root / "usr" / name).is_dir():
            (root / name).symlink_to(f"usr/{name}")


def _fetch_wheels(site: Path, python: str, progress: Callable[[str], None]) -> None:
    litert = f"ai-edge-litert=={importlib.metadata.version('ai-edge-litert')}"
    # The ARM Python is Debian's, not always this one; then any NumPy that has a wheel for it will do.
    same = python == f"{sys.version_info.major}.{sys.version_info.minor}"
    numpy = f"numpy=={importlib.metadata.version('numpy')}" if same else "numpy"
    progress(f"fetching {litert} and {numpy} for ARM")
    platforms = [part for name in _PLATFORMS for part in ("--platform", name)]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
    ]
    run_tool(
        [*pip, "--target", str(site), *platforms, "--python-version", python, litert, numpy], dict(os.environ)
    )


def _compile_counter(emulator: EmulatorFolder, progress: Callable[[str], None]) -> str:
    """Compiles the plugin and tries it; returns why there is none, or nothing."""
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        return "no C compiler (cc, gcc, clang) was found"
    progress("compiling the instruction counter")
    target = emulator.counter
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(target), str(COUNTER_SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        target.unlink(missing_ok=True)
        return f"{compiler} failed: {done.stderr.strip().splitlines()[-1:]}"
    try:
        _guest(emulator, "pass", count=True)
    except DeviceUnavailableError as error:
        target.unlink()
        return f"this qemu does not take the plugin: {error.message.splitlines()[-1]}"
    return ""


def _guest(
    emulator: EmulatorFolder, code: str, *, count: bool = False, environment: dict[str, str] | None = None
) -> str:
    from components.device_lab.guest_process import run_limited
    from components.device_lab.profiles import find_profile

    with tempfile.TemporaryDirectory(prefix="noria-emulator-") as name:
        folder = Path(name)
        command = emulator.command(find_profile("neoverse-n1"), folder, count=count)
        given = emulator.environment(folder) | (environment or {})
        try:
            status, said = run_limited("the emulator", [*command, "-c", code], given, folder, 300)
        except (NoriaError, OSError) as error:
            raise DeviceUnavailableError(f"the emulator was fetched but does not start: {error}") from error
        if status or (count and not (folder / "instructions.txt").is_file()):
            raise DeviceUnavailableError(f"the emulator does not run Python, status {status}:\n{said}")
        return said
