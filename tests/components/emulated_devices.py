"""The emulator for tests that run on emulated devices: installed once, in the lab folder that people use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.emulator_install import install_emulator

# Set where an emulator that cannot be installed is a failure, not a reason to skip (.ci/run does).
STRICT = "NORIA_REQUIRE_DEVICES"


def require_emulator() -> Path:
    """Its folder; skips the test where it cannot be had, unless ``NORIA_REQUIRE_DEVICES`` is set."""
    try:
        return install_emulator(print)
    except DeviceUnavailableError as error:
        if os.environ.get(STRICT):
            raise
        pytest.skip(f"no emulated devices here: {error}")
