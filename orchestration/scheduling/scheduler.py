"""The loop that turns schedules into ticks, ticks into runs, and ended runs into history."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from noria.home import Home
from orchestration.scheduling.database import Database
from orchestration.scheduling.due_ticks import make_ticks
from orchestration.scheduling.launching import RUN_COMMAND, Launcher
from orchestration.scheduling.notifications import Messenger, NotificationSettings
from orchestration.scheduling.settling import Settler

log = logging.getLogger(__name__)

_INTERVAL = 1.0


class Scheduler:
    """Looks after schedules and requests. Any number of them, in any number of processes, share a database.

    Schedulers that share a database must share the home folder, too: a run's lock and record lie there.

    Args:
        home: Where runs are remembered.
        database: Schedules and requests.
        max_running: How many runs may go on at a time on this machine.
        clock: The time by which schedules are due.
        notifications: Who is told of failures and promotions.
        command: How a run is started.
    """

    def __init__(
        self,
        home: Home,
        database: Database,
        max_running: int = 1,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        notifications: NotificationSettings | None = None,
        command: Sequence[str] = RUN_COMMAND,
    ) -> None:
        told = notifications or NotificationSettings()
        self._home, self._database, self._clock = home, database, clock
        self._settler = Settler(home, database, told)
        self._launcher = Launcher(home, database, max_running, command)
        self._messenger = Messenger(database, told)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._threads: list[threading.Thread] = []

    def run_once(self) -> None:
        """Settles what has ended, makes the ticks that are due, launches what there is room for."""
        # In this order: what has ended meanwhile stands in no tick's way.
        self._settler.settle()
        make_ticks(self._home, self._database, self._clock)
        self._launcher.launch()

    def start(self) -> None:
        """Works in threads of its own until ``stop``."""
        self._stop.clear()
        for name, work in (("scheduler", self.run_once), ("messenger", self._messenger.deliver)):
            thread = threading.Thread(target=self._repeat, args=(work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Looks at once, because something was asked for, instead of within a second."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the threads; runs go on, and messages are kept."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _repeat(self, work: Callable[[], object]) -> None:
        while not self._stop.is_set():
            try:
                work()
            except Exception:
                # A database that is away comes back, a full disk is emptied, and nothing was half-written;
                # a loop that ended would only be noticed by what does not happen.
                log.exception("the scheduler goes on in a moment")
                self._stop.wait(5 * _INTERVAL)
            self._wake.wait(_INTERVAL)
            self._wake.clear()
