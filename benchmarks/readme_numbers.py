"""How the README writes numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from noria.files import read_json


def share(value: float) -> str:
    """``.869``: three decimals, no zero in front."""
    return f"{value:.3f}".removeprefix("0")


def minutes(seconds: float) -> str:
    """``14 min 10 s``."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole} min {rest:02d} s"


def devices_row(run: dict[str, Any]) -> str:
    """What the exported file did on the devices of a run, as a row of two cells; empty without devices."""
    if not (folder := run["artifacts"].get("devices")):
        return ""
    record = read_json(Path(folder, "devices.json"))
    return (
        f"| the file on {', on '.join(_device(row) for row in record['devices'])} "
        f"| {'; '.join(_told(row) for row in record['devices'])} |"
    )


def _device(row: dict[str, Any]) -> str:
    half = "half" if row["half_precision"] else "single" if row["half_precision"] is not None else "no"
    return f"{row['device']} ({half} precision)"


def _told(row: dict[str, Any]) -> str:
    if not row["ran"]:
        return "not run"
    told = f"{row['agreement']:.1%} the same"
    if row.get("instructions") is None:
        return told
    single = row.get("instructions_in_single")
    beside = f", {single / row['instructions']:.2f} times fewer than in single precision" if single else ""
    return f"{told}, {row['instructions']:,} instructions{beside}"
