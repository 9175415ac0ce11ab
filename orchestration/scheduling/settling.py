"""What became of launched runs: read from their records, written down once, with what follows from it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import threading
import time
from typing import Any

from sqlalchemy import Connection, Row, select, update

from noria.errors import NoriaError
from noria.home import Home
from noria.locks import lock_holder
from orchestration.dead_runs import bury_if_dead, lives_elsewhere
from orchestration.delivery import undelivered
from orchestration.run_record import RunFolder, RunRecord, now
from orchestration.scheduling.child_process import process_lives
from orchestration.scheduling.database import Database, requests, schedules, ticks
from orchestration.scheduling.fault_points import fault_point
from orchestration.scheduling.launching import LAUNCH_LOG
from orchestration.scheduling.notifications import NotificationSettings, queue_messages
from orchestration.scheduling.schedule import LocalSchedule

log = logging.getLogger(__name__)

# Seconds between two questions about a run elsewhere, and between two requests to end.
_PAUSE = 15.0
_SHOWN = 2000


class Settler:
    """Follows launched runs to their end."""

    def __init__(self, home: Home, database: Database, notifications: NotificationSettings) -> None:
        self._home = home
        self._database = database
        self._notifications = notifications
        self._last: dict[tuple[str, str], float] = {}

    def settle(self) -> None:
        """Writes down what became of every launched run that is over."""
        query = select(requests).where(requests.c.state == "launched", requests.c.outcome == "")
        with self._database.reading() as connection:
            launched = list(connection.execute(query.order_by(requests.c.number)))
        for row in launched:
            try:
                self._look_at(row)
            except Exception:
                # A record that somebody damaged, say: the other runs end all the same.
                if self._time_for(row.run_id, "complain"):
                    log.exception("run %s could not be looked after", row.run_id)

    def _look_at(self, row: Row[Any]) -> None:
        folder = RunFolder(self._home.runs / row.run_id)
        if folder.record.exists():
            record = self._up_to_date(folder)
            if record.over:
                self._over(row, record)
            elif row.cancelling and self._time_for(row.run_id, "cancel"):
                self._cancel(folder, record)
        elif _nobody_there(row, folder):
            self._failed(row, folder)

    def _up_to_date(self, folder: RunFolder) -> RunRecord:
        record = bury_if_dead(folder.path)
        if lives_elsewhere(record) and not record.over and self._time_for(folder.id, "refresh"):
            from orchestration.remote_runs import refresh

            if problem := refresh(folder):
                log.warning("run %s: %s", folder.id, problem)
            record = folder.load()
        return record

    def _over(self, row: Row[Any], record: RunRecord) -> None:
        with self._database.writing() as connection:
            done = update(requests).where(requests.c.run_id == row.run_id, requests.c.outcome == "")
            if not connection.execute(done.values(outcome=record.state)).rowcount:
                return
            tick = select(ticks.c.note).where(ticks.c.run_id == row.run_id)
            note = "; ".join(filter(None, [connection.scalar(tick), f"the run {record.state}"]))
            values = {"state": "done", "note": note, "done": now()}
            connection.execute(update(ticks).where(ticks.c.run_id == row.run_id).values(**values))
            queue_messages(connection, self._notifications, record)
            fault_point("before the tick is done")
        fault_point("tick done")
        self._keep_only(row.schedule_id)

    def _failed(self, row: Row[Any], folder: RunFolder) -> None:
        output = folder.path / LAUNCH_LOG
        error = output.read_text("utf-8", "replace").strip()[-_SHOWN:] if output.exists() else ""
        error = error or "its process ended before the run began"
        with self._database.writing() as connection:
            same = (requests.c.run_id == row.run_id, requests.c.state == "launched")
            values = {"state": "failed", "error": error}
            if not connection.execute(update(requests).where(*same).values(**values)).rowcount:
                return
            tick = {"state": "failed", "note": error, "done": now()}
            connection.execute(update(ticks).where(ticks.c.run_id == row.run_id).values(**tick))
            record = RunRecord(row.run_id, row.pipeline, row.target, "failed", now(), 0, error=error)
            queue_messages(connection, self._notifications, record)

    def _cancel(self, folder: RunFolder, record: RunRecord) -> None:
        if lives_elsewhere(record):
            threading.Thread(target=_cancel_elsewhere, args=(folder,), daemon=True).start()
            return
        holder = lock_holder(folder.lock)
        if holder == record.pid:
            # It may end at this very moment.
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder, signal.SIGTERM)

    def _keep_only(self, schedule_id: str) -> None:
        """Removes the folders of runs beyond the schedule's ``keep_runs``; the history of ticks stays."""
        with self._database.reading() as connection:
            body = connection.scalar(select(schedules.c.body).where(schedules.c.id == schedule_id))
            keep = LocalSchedule.model_validate_json(body).keep_runs if body else None
            old = _older_runs(connection, schedule_id, keep) if keep else []
        for run_id in old:
            folder = RunFolder(self._home.runs / run_id)
            # What MLflow has not been told yet would be lost; the next end of a run looks again.
            if folder.record.exists() and folder.load().over and not undelivered(folder):
                shutil.rmtree(folder.path)

    def _time_for(self, run_id: str, what: str) -> bool:
        last, moment = self._last.get((run_id, what)), time.monotonic()
        if last is not None and moment - last < _PAUSE:
            return False
        self._last[run_id, what] = moment
        return True


def _nobody_there(row: Row[Any], folder: RunFolder) -> bool:
    """Whether the process of a run without a record is gone; the record is looked for once more, last."""
    gone = lock_holder(folder.lock) is None and not process_lives(row.process)
    return gone and not folder.record.exists()


def _older_runs(connection: Connection, schedule_id: str, keep: int) -> list[str]:
    query = select(requests.c.run_id).where(requests.c.schedule_id == schedule_id, requests.c.outcome != "")
    return list(connection.scalars(query.order_by(requests.c.number.desc()).offset(keep)))


def _cancel_elsewhere(folder: RunFolder) -> None:
    from orchestration.remote_runs import cancel_remote

    try:
        cancel_remote(folder)
    except NoriaError as error:
        log.warning("run %s: %s", folder.id, error)
