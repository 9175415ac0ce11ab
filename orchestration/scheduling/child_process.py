"""Processes that the scheduler starts: with this code, on its home folder, and told apart for good."""

from __future__ import annotations

import os
from pathlib import Path

from noria.home import Home

_ROOT = Path(__file__).parents[2]


def child_environment(home: Home) -> dict[str, str]:
    """The environment of a process that works with this very code on a home folder."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "NORIA_HOME": str(home.root), "PYTHONPATH": os.pathsep.join(paths)}


def process_identity(pid: int) -> str:
    """The process's number and when it was started: numbers are used again."""
    return f"{pid} {_start_of(pid)}"


def process_lives(identity: str) -> bool:
    """Whether the process that ``process_identity`` named still works."""
    pid, _, start = identity.partition(" ")
    return bool(start) and _start_of(int(pid)) == start


def _start_of(pid: int) -> str:
    """When a process was started, in the kernel's ticks; empty for one that is gone or ended."""
    try:
        # The name before it may hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]
