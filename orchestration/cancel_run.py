"""Cancelling a run from another process."""

from __future__ import annotations

import os
import signal
import time

from noria.errors import NoriaError
from noria.locks import lock_holder
from orchestration.run_record import RunFolder

_PATIENCE = 30.0


def cancel_run(folder: RunFolder) -> str:
    """Asks the process that holds the run's lock to cancel it, and waits until it has.

    Returns:
        The run's final state; not "cancelled" where it ended in the meantime.

    Raises:
        NoriaError: The run is over already, or does not end.
    """
    record = folder.load()
    holder = lock_holder(folder.lock)
    # Somebody who puts a dead run in order holds its lock, too, for a moment.
    if record.over or holder != record.pid:
        raise NoriaError(f"run {folder.id} is not running: it is {record.state}")
    os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if folder.load().over:
            return folder.load().state
        time.sleep(0.1)
    raise NoriaError(
        f"run {folder.id} has not ended {_PATIENCE:.0f} s after it was asked to",
        hint=f"end its process with: kill -9 {holder}",
    )
