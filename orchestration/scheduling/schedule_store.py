"""Schedules of this machine and what became of their ticks, in the database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from noria.errors import NoriaError
from orchestration.run_record import now
from orchestration.scheduling.database import Database, requests, schedules, ticks
from orchestration.scheduling.due_times import next_due
from orchestration.scheduling.schedule import LocalSchedule


@dataclass(frozen=True)
class StoredSchedule:
    """A schedule in the database.

    Attributes:
        state: active or paused.
        created: ISO 8601 in UTC; so is ``next_due``, which is empty while it is paused.
        last_run: Id of the last run that it asked for; empty: none yet.
    """

    id: str
    schedule: LocalSchedule
    state: str
    created: str
    next_due: str
    last_run: str


@dataclass(frozen=True)
class Tick:
    """One time at which a schedule was due.

    Attributes:
        due: ISO 8601 in UTC; so is ``done``, empty until it is.
        state: waiting (for its run to start), launched, done, skipped, failed, or missed: the time passed
            while nobody looked, and the schedule's ``catch_up`` leaves it out.
        run_id: The run that it asked for; empty: none.
        note: What became of it, for a person.
    """

    id: int
    schedule_id: str
    due: str
    state: str
    run_id: str
    note: str
    done: str


class ScheduleStore:
    """The schedules in a database."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    def add(self, schedule: LocalSchedule) -> StoredSchedule:
        """Keeps a new schedule, active from now on; raises NoriaError where its name is taken."""
        identity = secrets.token_hex(4)
        with self._database.writing() as connection:
            self._check_name(connection, schedule.name)
            connection.execute(
                schedules.insert().values(
                    id=identity,
                    name=schedule.name,
                    body=schedule.model_dump_json(),
                    state="active",
                    created=now(),
                    next_due=next_due(schedule, self._clock()),
                )
            )
        return self.find(identity)

    def update(self, schedule_id: str, schedule: LocalSchedule) -> StoredSchedule:
        """Replaces a schedule; its history stays. Its next time counts from now.

        Raises:
            NoriaError: There is no such schedule, or another one has the name.
        """
        stored = self.find(schedule_id)
        due = next_due(schedule, self._clock()) if stored.state == "active" else ""
        with self._database.writing() as connection:
            self._check_name(connection, schedule.name, stored.id)
            connection.execute(
                update(schedules)
                .where(schedules.c.id == stored.id)
                .values(name=schedule.name, body=schedule.model_dump_json(), next_due=due)
            )
        return self.find(stored.id)

    def pause(self, schedule_id: str) -> StoredSchedule:
        """Starts no more runs of it until it is resumed; those that were asked for are left alone."""
        return self._set(schedule_id, "paused")

    def resume(self, schedule_id: str) -> StoredSchedule:
        """Lets a paused schedule start runs again; times that passed meanwhile stay left out."""
        return self._set(schedule_id, "active")

    def remove(self, schedule_id: str) -> None:
        """Deletes a schedule and its history; its waiting requests are withdrawn, its runs stay."""
        stored = self.find(schedule_id)
        with self._database.writing() as connection:
            connection.execute(
                update(requests)
                .where(requests.c.schedule_id == stored.id, requests.c.state == "waiting")
                .values(state="withdrawn")
            )
            connection.execute(delete(ticks).where(ticks.c.schedule_id == stored.id))
            connection.execute(delete(schedules).where(schedules.c.id == stored.id))

    def all(self) -> list[StoredSchedule]:
        """Every schedule, by name."""
        with self._database.reading() as connection:
            return [as_schedule(row) for row in connection.execute(_query().order_by(schedules.c.name))]

    def find(self, name_or_id: str) -> StoredSchedule:
        """Looks a schedule up by its name or its id, or by the id's first signs where only one fits.

        Raises:
            NoriaError: There is none, or more than one; the message lists what there is.
        """
        known = self.all()
        exact = [entry for entry in known if name_or_id in (entry.schedule.name, entry.id)]
        found = exact or [entry for entry in known if name_or_id and entry.id.startswith(name_or_id)]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(f"{entry.schedule.name} ({entry.id})" for entry in found or known)
        raise NoriaError(
            f"{name_or_id!r} could be several schedules" if found else f"there is no schedule {name_or_id!r}",
            hint=f"there are: {listed}" if listed else "there is none yet",
        )

    def ticks(self, schedule_id: str, limit: int = 50) -> list[Tick]:
        """The latest ticks of a schedule, newest first."""
        query = select(ticks).where(ticks.c.schedule_id == schedule_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(ticks.c.due.desc()).limit(limit))
            return [Tick(**row._mapping) for row in rows]

    def _set(self, schedule_id: str, state: str) -> StoredSchedule:
        stored = self.find(schedule_id)
        if stored.state != state:
            due = next_due(stored.schedule, self._clock()) if state == "active" else ""
            with self._database.writing() as connection:
                connection.execute(
                    update(schedules)
                    .where(schedules.c.id == stored.id, schedules.c.state != state)
                    .values(state=state, next_due=due)
                )
        return self.find(stored.id)

    def _check_name(self, connection: Connection, name: str, but: str = "") -> None:
        query = select(schedules.c.id).where(schedules.c.name == name, schedules.c.id != but)
        if taken := connection.scalar(query):
            raise NoriaError(
                f"there is a schedule {name!r} already ({taken})", hint="give this one another name"
            )


def _query() -> Any:
    last_run = (
        select(requests.c.run_id)
        .where(requests.c.schedule_id == schedules.c.id)
        .order_by(requests.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(schedules, last_run.label("last_run"))


def as_schedule(row: Row[Any]) -> StoredSchedule:
    """A row of the table of schedules."""
    return StoredSchedule(
        id=row.id,
        schedule=LocalSchedule.model_validate_json(row.body),
        state=row.state,
        created=row.created,
        next_due=row.next_due,
        last_run=getattr(row, "last_run", None) or "",
    )
