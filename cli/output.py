"""The two consoles: results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from rich.console import Console

from noria.errors import NoriaError

# A file or a pipe has no width: tables are not squeezed there.
results = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 160)
messages = Console(stderr=True, soft_wrap=True)


def print_json(value: Any) -> None:
    """Writes JSON, and nothing but JSON, to standard output; numbers that are not finite become null."""
    sys.stdout.write(json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_error(error: NoriaError) -> None:
    """Writes an error and what to do next to standard error."""
    messages.print(f"error: {error.message}", style="bold red", markup=False, highlight=False)
    if error.hint:
        messages.print(f"  -> {error.hint}", markup=False, highlight=False)


def duration(seconds: float | None) -> str:
    """``12.3 s``, ``4 min 05 s``, ``2 h 10 min``; a dash for None."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def number(value: float | None) -> str:
    """A metric's value: four significant digits, whole numbers whole."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"
