"""Locks between processes: held by an open file, given back by the kernel when the process dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldLock:
    """An exclusive lock on a file; the file holds the number of the process that has it."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle

    def release(self) -> None:
        """Gives the lock back; the file stays, so that every process locks the same one."""
        os.close(self._handle)


def try_lock(path: Path) -> HeldLock | None:
    """Takes the lock at once, or returns None because somebody else has it."""
    handle = _open(path)
    for attempt in range(3):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _signed(path, handle)
        except BlockingIOError:
            # lock_holder() holds it for the moment of its question.
            time.sleep(0.01 * attempt)
    os.close(handle)
    return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits for the lock and holds it for the block."""
    handle = _open(path)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def lock_holder(path: Path) -> int | None:
    """The number of the process that holds the lock taken with ``try_lock``; None when it is free."""
    if not path.exists():
        return None
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(handle, 32, 0) or b"0")
    finally:
        os.close(handle)
    return None


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _signed(path: Path, handle: int) -> HeldLock:
    # Fixed width, so that a reader never sees the rest of a longer number.
    os.pwrite(handle, b"%20d" % os.getpid(), 0)
    return HeldLock(path, handle)
