"""Launching requests: each run is a process of its own that outlives whoever started it.

Only one scheduler of a home folder launches at a time (a file lock that the kernel gives back when its
process dies). So a request that says launching, seen by the holder of the lock, was left behind by somebody
who died; it is launched again, under the same run's id. Of two processes with one id the one that takes the
run's own lock first is the run, and the other ends quietly.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from noria.errors import ConfigError
from noria.files import write_json
from noria.home import Home
from noria.locks import try_lock
from orchestration.run_record import RunFolder, now
from orchestration.scheduling.child_process import child_environment, process_identity
from orchestration.scheduling.database import Database, requests, ticks
from orchestration.scheduling.fault_points import fault_point
from orchestration.scheduling.run_queue import RunRequest, as_request
from orchestration.targets import LocalTarget, load_target

LAUNCH_LOG = "launch.log"
_CONFIG = "request.json"
RUN_COMMAND = (sys.executable, "-m", "cli.main", "run")
GOING = (requests.c.state.in_(("launching", "launched")), requests.c.outcome == "")


class Launcher:
    """Starts what waits while there is room.

    Args:
        max_running: How many runs may go on at a time on this machine; runs elsewhere do not count.
        command: What is called with the pipeline's name and options.
    """

    def __init__(
        self, home: Home, database: Database, max_running: int, command: Sequence[str] = RUN_COMMAND
    ) -> None:
        self._home = home
        self._database = database
        self._max_running = max_running
        self._command = command
        self._children: list[subprocess.Popen[bytes]] = []

    def launch(self) -> None:
        """Starts what there is room for; nothing where another scheduler is at it."""
        self._children = [child for child in self._children if child.poll() is None]
        lock = try_lock(self._home.root / "launching.lock")
        if lock is None:
            return
        try:
            with self._database.reading() as connection:
                left_behind = select(requests).where(requests.c.state == "launching")
                again = list(connection.execute(left_behind.order_by(requests.c.number)))
            for left in again:
                self._start(as_request(left))
            while row := self._next():
                fault_point("run recorded")
                self._start(as_request(row))
        finally:
            lock.release()

    def _next(self) -> Row[Any] | None:
        """The next request to launch, marked so; None where nothing waits or there is no room."""
        with self._database.writing() as connection:
            going = list(connection.execute(select(requests.c.target, requests.c.schedule_id).where(*GOING)))
            full = sum(_is_here(row.target) for row in going) >= self._max_running
            busy = {row.schedule_id for row in going if row.schedule_id}
            waiting = select(requests).where(requests.c.state == "waiting").order_by(requests.c.number)
            for row in connection.execute(waiting):
                # Runs of one schedule come one after the other, whatever else there is room for.
                if row.schedule_id in busy or (full and _is_here(row.target)):
                    continue
                chosen = update(requests).where(requests.c.number == row.number)
                connection.execute(chosen.values(state="launching"))
                return row
        return None

    def _start(self, request: RunRequest) -> None:
        folder = RunFolder(self._home.runs / request.run_id)
        folder.path.mkdir(parents=True, exist_ok=True)
        values: dict[str, str]
        try:
            child = self._spawn(request, folder)
        except OSError as error:
            values = {"state": "failed", "error": f"its process cannot be started: {error}"}
        else:
            self._children.append(child)
            fault_point("process launched")
            values = {"state": "launched", "process": process_identity(child.pid)}
        with self._database.writing() as connection:
            connection.execute(update(requests).where(requests.c.run_id == request.run_id).values(**values))
            tick = {"state": values["state"]}
            if "error" in values:
                tick |= {"note": values["error"], "done": now()}
            connection.execute(update(ticks).where(ticks.c.run_id == request.run_id).values(**tick))

    def _spawn(self, request: RunRequest, folder: RunFolder) -> subprocess.Popen[bytes]:
        # As --name=value, and names after --: none of them can pass for another option.
        command = [*self._command, f"--run-id={request.run_id}", f"--target={request.target}"]
        if request.config:
            # JSON is YAML, too.
            write_json(folder.path / _CONFIG, request.config)
            command.append(f"--config={folder.path / _CONFIG}")
        if request.resume:
            command.append(f"--resume={request.resume}")
        command += [f"--again={step}" for step in request.again]
        if not request.use_cache:
            command.append("--no-cache")
        if not _is_here(request.target):
            command.append("--detach")
        command += ["--", request.pipeline]
        with (folder.path / LAUNCH_LOG).open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment(self._home),
                # Ctrl-C for the scheduler is none for its runs.
                start_new_session=True,
            )


def _is_here(target: str) -> bool:
    try:
        return isinstance(load_target(target), LocalTarget)
    except ConfigError:
        # The run's process says so better; until then it takes room.
        return True
