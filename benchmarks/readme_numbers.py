"""How the README writes numbers."""

from __future__ import annotations


def share(value: float) -> str:
    """``.869``: three decimals, no zero in front."""
    return f"{value:.3f}".removeprefix("0")


def minutes(seconds: float) -> str:
    """``14 min 10 s``."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole} min {rest:02d} s"
