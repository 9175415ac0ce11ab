"""Times that are due become ticks, and ticks become requests for runs: each time in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from noria.errors import NoriaError
from noria.home import Home
from orchestration.run_record import now
from orchestration.scheduling.database import Database, requests, schedules, ticks
from orchestration.scheduling.due_times import due_times, iso, next_due
from orchestration.scheduling.fault_points import fault_point
from orchestration.scheduling.run_queue import RunRequest, submit_in
from orchestration.scheduling.schedule import CronTrigger, DataTrigger, LocalSchedule
from orchestration.scheduling.trigger_checks import answered_breach, digest_of_source

log = logging.getLogger(__name__)

# A tick that is looked at within this time is not late, and no matter for catch_up.
ON_TIME = timedelta(seconds=30)

Clock = Callable[[], datetime]


def make_ticks(home: Home, database: Database, clock: Clock) -> None:
    """Makes the ticks of every schedule that is due, and moves its next time on."""
    moment = clock()
    query = select(schedules).where(schedules.c.state == "active", schedules.c.next_due <= iso(moment))
    with database.reading() as connection:
        due = list(connection.execute(query))
    for row in due:
        try:
            schedule = LocalSchedule.model_validate_json(row.body)
            if isinstance(schedule.trigger, CronTrigger):
                _at_times(database, row, schedule, moment)
            else:
                _when_found(home, database, row, schedule, moment)
        except Exception:
            # The others are due all the same; this one stays due.
            log.exception("schedule %s (%s) could not be looked after", row.name, row.id)
        fault_point("tick created")


def _at_times(database: Database, row: Row[Any], schedule: LocalSchedule, moment: datetime) -> None:
    dues = due_times(schedule, datetime.fromisoformat(row.next_due), moment)
    on_time = [due for due in dues if moment - due <= ON_TIME]
    caught_up: list[datetime] = []
    if schedule.catch_up == "all":
        caught_up = dues[-schedule.catch_up_limit :]
    elif schedule.catch_up == "latest":
        caught_up = dues[-1:]
    following = next_due(schedule, dues[-1] if dues else moment)
    with database.writing() as connection:
        if not _moved_on(connection, row, following):
            return
        for due in dues:
            if due in on_time:
                _tick(connection, row.id, schedule, due)
            elif due in caught_up:
                # One after the other: there is no run of that time that they could overlap with.
                _tick(connection, row.id, schedule, due, note="caught up", queue=schedule.catch_up == "all")
            else:
                note = f"nobody looked at that time; catch_up is {schedule.catch_up}"
                _insert(connection, row.id, due, "missed", note=note)
        fault_point("before the tick is created")


def _when_found(
    home: Home, database: Database, row: Row[Any], schedule: LocalSchedule, moment: datetime
) -> None:
    # Looked at before the transaction: reading a source may take long.
    problem, seen, why = "", row.seen, ""
    try:
        if isinstance(schedule.trigger, DataTrigger):
            seen, why = digest_of_source(home, schedule), "the content of the source has changed"
            why = why if row.seen else "first look at the source"
        else:
            seen = answered_breach(home, database, row.id, schedule.pipeline, row.seen)
            why = f"the validation of run {seen} breached a limit"
    except NoriaError as error:
        problem = str(error)
    due = datetime.fromisoformat(row.next_due)
    with database.writing() as connection:
        if not _moved_on(connection, row, next_due(schedule, moment)):
            return
        if problem:
            _insert(connection, row.id, due, "failed", note=problem)
        elif seen != row.seen and _tick(connection, row.id, schedule, due, note=why):
            connection.execute(update(schedules).where(schedules.c.id == row.id).values(seen=seen))


def _moved_on(connection: Connection, row: Row[Any], following: str) -> bool:
    """Whether these ticks are ours to make: nobody else has made them or changed the schedule."""
    same = (
        schedules.c.id == row.id,
        schedules.c.state == "active",
        schedules.c.next_due == row.next_due,
        schedules.c.body == row.body,
    )
    return bool(connection.execute(update(schedules).where(*same).values(next_due=following)).rowcount)


def _tick(
    connection: Connection,
    schedule_id: str,
    schedule: LocalSchedule,
    due: datetime,
    *,
    note: str = "",
    queue: bool = False,
) -> bool:
    """Makes one tick and what it asks for; False where it is left out, or was made before."""
    unfinished = (
        requests.c.schedule_id == schedule_id,
        requests.c.outcome == "",
        requests.c.state.in_(("waiting", "launching", "launched")),
    )
    going = connection.scalar(select(requests.c.run_id).where(*unfinished).order_by(requests.c.number))
    if going and schedule.overlap == "skip" and not queue:
        _insert(connection, schedule_id, due, "skipped", note=f"run {going} was still going")
        return False
    made_before = select(ticks.c.id).where(ticks.c.schedule_id == schedule_id, ticks.c.due == iso(due))
    if connection.scalar(made_before) is not None:
        return False
    if going and schedule.overlap == "cancel" and not queue:
        _make_room(connection, unfinished)
    asked = submit_in(
        connection,
        RunRequest(
            schedule.pipeline,
            schedule.config,
            schedule.target,
            by=f"schedule {schedule.name}",
            schedule_id=schedule_id,
        ),
    )
    _insert(connection, schedule_id, due, "waiting", run_id=asked.run_id, note=note)
    return True


def _make_room(connection: Connection, unfinished: tuple[Any, ...]) -> None:
    waiting = (*unfinished, requests.c.state == "waiting")
    left_out = select(requests.c.run_id).where(*waiting).scalar_subquery()
    values = {"state": "skipped", "note": "a later tick took its place", "done": now()}
    connection.execute(update(ticks).where(ticks.c.run_id.in_(left_out)).values(**values))
    connection.execute(update(requests).where(*waiting).values(state="withdrawn"))
    connection.execute(update(requests).where(*unfinished).values(cancelling=True))


def _insert(
    connection: Connection, schedule_id: str, due: datetime, state: str, *, run_id: str = "", note: str = ""
) -> None:
    same = (ticks.c.schedule_id == schedule_id, ticks.c.due == iso(due))
    if connection.scalar(select(ticks.c.id).where(*same)) is None:
        done = "" if state == "waiting" else now()
        row = {"schedule_id": schedule_id, "due": iso(due), "state": state, "run_id": run_id}
        connection.execute(ticks.insert().values(**row, note=note, done=done))
