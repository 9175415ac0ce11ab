"""Where the lab keeps what it fetched: one folder for every checkout and home of a person."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "NORIA_DEVICE_LAB"


def lab_folder() -> Path:
    """``NORIA_DEVICE_LAB`` where it is set, else ``.tools/device-lab`` beside the code."""
    given = os.environ.get(VARIABLE)
    return Path(given).absolute() if given else Path(__file__).parents[2] / ".tools" / "device-lab"
