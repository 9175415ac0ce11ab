"""Which devices can be had here, and fetching what the others lack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.device_lab.browser import browser_problem
from components.device_lab.chromium import find_chromium
from components.device_lab.emulator_install import emulator_status, install_emulator
from components.device_lab.profiles import DeviceProfile, profiles
from components.device_lab.web_runtime import install as install_web_runtime
from noria.errors import NoriaError

SET_UP = "noria devices setup"


@dataclass(frozen=True)
class DeviceState:
    """A device, and whether it can be used now.

    Attributes:
        profile: The device.
        available: Whether a file can be run on it without fetching anything.
        note: What it runs on, or why it cannot be had and what to do.
    """

    profile: DeviceProfile
    available: bool
    note: str


@dataclass(frozen=True)
class SetUpPart:
    """One part of the lab after setting up.

    Attributes:
        name: For people.
        path: Where it is; None where it could not be had.
        bytes: What it takes on disk.
        problem: Why it could not be had; empty where it could.
    """

    name: str
    path: Path | None
    bytes: int
    problem: str = ""


def device_states() -> list[DeviceState]:
    """Every device; nothing is fetched and nothing is run."""
    emulator, browser = emulator_status(), browser_problem(install=False)
    states = []
    for profile in profiles().values():
        match profile.kind:
            case "emulated":
                states.append(DeviceState(profile, emulator is not None, emulator or f"not here: {SET_UP}"))
            case "browser" if browser is not None:
                states.append(DeviceState(profile, False, f"{browser.message}: {browser.hint}"))
            case "browser":
                states.append(DeviceState(profile, True, find_chromium() or ""))
            case "native":
                states.append(DeviceState(profile, True, "no emulation"))
    return states


def set_up(progress: Callable[[str], None]) -> list[SetUpPart]:
    """Fetches what is missing of the emulator and of the web runtime; what is there already stays.

    A part that cannot be had keeps no other from being fetched: its row says why.
    """
    progress("emulated processors: qemu, an ARM Python, LiteRT for ARM")
    parts = [_part("emulator", lambda: install_emulator(progress))]
    progress("web page: LiteRT's web runtime from npm")
    parts.append(_part("web runtime", install_web_runtime))
    if find_chromium() is None:
        problem = browser_problem(install=False)
        parts.append(SetUpPart("Chromium", None, 0, f"{problem}"))
    return parts


def _part(name: str, install: Callable[[], Path]) -> SetUpPart:
    try:
        path = install()
    except NoriaError as error:
        return SetUpPart(name, None, 0, str(error))
    return SetUpPart(name, path, folder_bytes(path))


def folder_bytes(folder: Path) -> int:
    """Sizes of all files below a folder, links not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
