"""Lengths of time in configurations: ``30m``, ``6h``, ``7d``, ``4w``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

SECOND, MINUTE, HOUR, DAY, WEEK = 1, 60, 3600, 86_400, 604_800
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}


def parse_duration(text: object) -> int:
    """Seconds of a text such as ``7d``; whole numbers are seconds already.

    Raises:
        ValueError: It is neither, or not longer than nothing.
    """
    if isinstance(text, int) and not isinstance(text, bool) and text > 0:
        return text
    match = re.fullmatch(r"\s*(\d+)\s*([smhdw])\s*", text) if isinstance(text, str) else None
    if not match or not int(match[1]):
        raise ValueError("expected a length of time such as 30m, 6h, 7d or 4w")
    return int(match[1]) * _UNITS[match[2]]


def duration_text(seconds: int) -> str:
    """The shortest text for whole seconds: ``7d`` rather than ``168h``; weeks are told in days."""
    for unit in ("d", "h", "m"):
        if seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


# Seconds in Python, text in YAML and JSON.
Duration = Annotated[int, BeforeValidator(parse_duration), PlainSerializer(duration_text, return_type=str)]
