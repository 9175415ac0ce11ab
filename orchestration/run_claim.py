"""The right to be a run: its folder, and the lock that is held for as long as the run's process lives."""

from __future__ import annotations

import re
from dataclasses import dataclass

from noria.errors import NoriaError
from noria.home import Home
from noria.locks import HeldLock, lock_holder, try_lock
from orchestration.run_record import RunFolder


@dataclass(frozen=True)
class RunClaim:
    """A run's folder and its held lock."""

    folder: RunFolder
    _lock: HeldLock

    def release(self) -> None:
        """Gives the lock back: the run's process has nothing left to write down."""
        self._lock.release()


def claim_new_run(home: Home) -> RunClaim:
    """Makes the folder of a new run."""
    folder = RunFolder.create(home)
    lock = try_lock(folder.lock)
    assert lock is not None, "nobody else knows of a folder just made"
    return RunClaim(folder, lock)


def claim_run(home: Home, run_id: str) -> RunClaim | None:
    """Takes the run whose id was chosen before; None where another process is it, or was.

    So a launch that may or may not have happened can be repeated, and still there is one run.

    Raises:
        NoriaError: That is no run's id.
    """
    if not re.fullmatch(r"[a-z0-9]{4,16}", run_id):
        raise NoriaError(f"{run_id!r} is no run's id", hint="expected lower-case letters and digits")
    folder = RunFolder(home.runs / run_id)
    for part in (folder.logs, folder.work):
        part.mkdir(parents=True, exist_ok=True)
    lock = None
    while lock is None:
        lock = try_lock(folder.lock)
        if lock is None and lock_holder(folder.lock) is not None:
            return None
        # Else somebody held it only to ask who holds it.
    if folder.record.exists():
        lock.release()
        return None
    return RunClaim(folder, lock)
