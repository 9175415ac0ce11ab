"""The process that carries a run's records to MLflow, seen from the run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from noria.home import Home
from orchestration.delivery import prepare
from orchestration.run_record import RunFolder
from orchestration.tracking_delivery import GRACE, pending

# "later": nothing is delivered until ``noria sync``; for machines without MLflow, and for tests.
TRACKING_VARIABLE = "NORIA_TRACKING"
# A server that answers may take this long for what is left when a run ends.
_LONGEST_WAIT = 60.0


def tracking_later() -> bool:
    """Whether nothing is to be delivered while runs go on."""
    return os.environ.get(TRACKING_VARIABLE) == "later"


class DeliveryProcess:
    """Starts the delivery of one run; ``whole_run`` and ``names_data`` as in ``delivery.prepare``."""

    def __init__(self, folder: RunFolder, *, whole_run: bool = True, names_data: bool = True) -> None:
        uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        prepare(folder, uri, whole_run=whole_run, names_data=names_data)
        log = folder.logs / "mlflow-delivery.log"
        self._process = None if tracking_later() else _start([str(folder.path)], log)

    def wait(self, give_up: threading.Event, seconds: float = GRACE + _LONGEST_WAIT) -> None:
        """Waits until everything is told, or telling it does not get on; it goes on by itself afterwards.

        Args:
            give_up: Set it to wait no longer.
            seconds: The longest wait.
        """
        until = time.monotonic() + seconds
        while self._process and self._process.poll() is None and time.monotonic() < until:
            if give_up.wait(0.05):
                return


def start_pending(home: Home) -> None:
    """Delivers in the background what earlier runs could not."""
    if not tracking_later() and pending(home):
        _start(["--pending", str(home.root)], home.root / "mlflow-delivery.log")


def _start(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.tracking_delivery", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C, and whatever else befalls the run, leaves it alone.
            start_new_session=True,
        )
