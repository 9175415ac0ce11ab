"""Where configured sources lie, and what their content was: a changed source misses the cache, a touched
one does not."""

from __future__ import annotations

import glob
from functools import cache
from pathlib import Path

from noria.digests import tree_digest

REPOSITORY = Path(__file__).parents[1]


def candidates(path: str) -> tuple[Path, Path]:
    """The places a configured path stands for, in order: absolute or from the working folder; from the
    repository's root, so that shipped data is found from anywhere."""
    given = Path(path).expanduser()
    return given.absolute(), REPOSITORY / given


def is_pattern(path: str) -> bool:
    """Whether a path is a shell pattern such as ``sales-*.csv``."""
    return glob.has_magic(path)


def content_digest(path: Path) -> str:
    """``noria.digests.tree_digest`` of a file or folder, kept until a size or a time changes."""
    return _digest_at(path, _stamp(path))


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    facts = ((str(file), file.stat()) for file in files)
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in facts)


@cache
def _digest_at(path: Path, stamp: tuple[tuple[str, int, int], ...]) -> str:  # noqa: ARG001 - the cache's key
    return tree_digest(path)
