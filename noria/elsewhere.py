"""Files that lie where steps run, and not here: on a volume of a cluster, say.

A pipeline is checked and compiled on one machine and runs on another. Code that would look at a source
asks here first whether it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Elsewhere:
    """Folders that are not to be looked into.

    Attributes:
        folders: Absolute paths.
        asked: Paths below them that somebody wanted to look at.
    """

    folders: Sequence[Path]
    asked: list[Path] = field(default_factory=list)


_current: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)


@contextmanager
def files_elsewhere(folders: Sequence[str]) -> Iterator[Elsewhere]:
    """For the block, files below these folders are taken to exist where the steps run."""
    elsewhere = Elsewhere([Path(folder) for folder in folders])
    token = _current.set(elsewhere)
    try:
        yield elsewhere
    finally:
        _current.reset(token)


def is_elsewhere(path: str | Path) -> bool:
    """Whether a path lies in a folder that exists only where the steps run; remembers that it was asked."""
    elsewhere = _current.get()
    if elsewhere is None or not any(Path(path).is_relative_to(folder) for folder in elsewhere.folders):
        return False
    elsewhere.asked.append(Path(path))
    return True
