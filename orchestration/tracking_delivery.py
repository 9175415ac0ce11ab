"""Carries a run's journal to MLflow, beside the run and in a process of its own.

``python -m orchestration.tracking_delivery RUN_FOLDER`` follows a run until it is over and delivered;
``... --pending HOME`` delivers what earlier runs could not. How far a delivery got is kept in the run's
``mlflow.json`` after every batch, so that nothing is lost and nothing is told twice. The run never waits
for MLflow, but for a while at its end.
"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from noria.files import read_json
from noria.home import Home
from noria.locks import lock_holder, try_lock
from orchestration.dead_runs import bury_if_dead
from orchestration.delivery import Delivery
from orchestration.run_record import RunFolder

# Seconds that a run that is over waits for a server that does not answer.
GRACE = 10.0
_TICK = 0.5
_LONGEST_PAUSE = 30.0


def being_delivered(folder: RunFolder) -> bool:
    """Whether a process is at it."""
    return lock_holder(_lock_path(folder)) is not None


def pending(home: Home) -> list[RunFolder]:
    """Runs that are over, not wholly delivered, and not being delivered by another process."""
    folders = [RunFolder(path.parent) for path in home.runs.glob("*/mlflow.json")]
    return [
        folder
        for folder in folders
        if not read_json(folder.mlflow)["complete"]
        and bury_if_dead(folder.path).over
        and not being_delivered(folder)
    ]


def follow(folder: RunFolder, grace: float = GRACE) -> bool:
    """Delivers until the run is over and everything is told; returns whether it was.

    Args:
        folder: The run.
        grace: Seconds to go on trying, once the run is over, while MLflow cannot be reached.
    """
    lock = try_lock(_lock_path(folder))
    if lock is None:
        return False
    try:
        return _follow(folder, grace)
    finally:
        lock.release()


def _follow(folder: RunFolder, grace: float) -> bool:
    delivery = Delivery(folder)
    over_since: float | None = None
    pause = _TICK
    while True:
        over = bury_if_dead(folder.path).over
        if over and over_since is None:
            over_since = time.monotonic()
        try:
            count = delivery.advance()
            pause = _TICK
            if over and count == 0:
                delivery.finish()
                return True
            if count == 0:
                _wait(folder, _TICK)
        except Exception as error:
            # Whatever it is, the records are on disk, and the run goes on.
            traceback.print_exc()
            delivery.fail(error)
            if over_since is not None and time.monotonic() + pause - over_since > grace:
                return False
            _wait(folder, min(pause, grace / 4) if over else pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _wait(folder: RunFolder, seconds: float) -> None:
    """Sleeps, but no longer than until the run is over."""
    was_over = folder.load().over
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if folder.load().over != was_over:
            return
        time.sleep(min(left, _TICK / 2))


def _lock_path(folder: RunFolder) -> Path:
    return folder.path / "mlflow.lock"


def main(arguments: list[str]) -> None:
    """Follows one run, or delivers what is pending in a home folder."""
    if arguments[0] != "--pending":
        follow(RunFolder(Path(arguments[0])))
        return
    for folder in pending(Home(Path(arguments[1]))):
        if not follow(folder, grace=0):
            return


if __name__ == "__main__":
    main(sys.argv[1:])
