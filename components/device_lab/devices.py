"""One way to run a file on any device."""

from __future__ import annotations

from components.device_lab.device_run import DeviceRequest, DeviceRun
from components.device_lab.profiles import find_profile


def run_on(name: str, request: DeviceRequest, *, install: bool = True) -> DeviceRun:
    """Runs every example of a request, one after the other, on one device.

    Args:
        name: A name of components.device_lab.profiles.
        request: The file and its inputs.
        install: Fetch what the device needs where it is missing; else DeviceUnavailableError.

    Raises:
        ConfigError: There is no such device.
        DeviceUnavailableError: It cannot be had here.
        NoriaError: The file cannot be run there (unsupported operators, a crash, inputs that do not fit).
    """
    profile = find_profile(name)
    match profile.kind:
        case "emulated":
            from components.device_lab.emulated import run_emulated

            return run_emulated(profile, request, install=install)
        case "native":
            from components.device_lab.native import run_natively

            return run_natively(request)
        case "browser":
            from components.device_lab.browser import run_in_browser

            return run_in_browser(request, install=install)
