"""Runs that somebody asked for: kept until there is room for them, and afterwards as a history."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from orchestration.run_record import new_run_id, now
from orchestration.scheduling.database import Database, requests, ticks

RequestState = Literal["waiting", "launching", "launched", "withdrawn", "failed"]


@dataclass(frozen=True)
class RunRequest:
    """One run that was asked for.

    Attributes:
        run_id: The run's id: chosen once, by ``RunQueue.submit``; a launch may be repeated under it.
        config: The complete configuration.
        target: Where: a target's name, or the path of its file.
        resume: The run whose finished steps are taken over; empty: none.
        again: Steps to compute again in any case.
        use_cache: Whether earlier results may stand for steps.
        by: Who asked for it.
        schedule_id: The schedule that it belongs to; empty: none.
        created: ISO 8601 in UTC.
        state: waiting, launching, launched, withdrawn, or failed: it ended before there was a run.
        error: Why it failed, for a person.
        outcome: The state of the run once that is over; empty before.
    """

    pipeline: str
    config: dict[str, Any] = field(default_factory=dict)
    target: str = "local"
    resume: str = ""
    again: tuple[str, ...] = ()
    use_cache: bool = True
    by: str = ""
    schedule_id: str = ""
    run_id: str = ""
    created: str = ""
    state: RequestState = "waiting"
    error: str = ""
    outcome: str = ""


class RunQueue:
    """The requests in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, request: RunRequest) -> RunRequest:
        """Adds a request and returns it with its run's id; a scheduler launches it when there is room."""
        with self._database.writing() as connection:
            return submit_in(connection, request)

    def waiting(self) -> list[RunRequest]:
        """Requests that nobody has launched yet, in their order."""
        return self._read(select(requests).where(requests.c.state == "waiting").order_by(requests.c.number))

    def withdraw(self, run_id: str) -> bool:
        """Takes a request back; False where it is launched already, or is none."""
        with self._database.writing() as connection:
            done = connection.execute(
                update(requests)
                .where(requests.c.run_id == run_id, requests.c.state == "waiting")
                .values(state="withdrawn")
            ).rowcount
            if done:
                values = {"state": "skipped", "note": "withdrawn before it was launched", "done": now()}
                connection.execute(update(ticks).where(ticks.c.run_id == run_id).values(**values))
        return bool(done)

    def find(self, run_id: str) -> RunRequest | None:
        """The request of one run; None where the run was started otherwise."""
        found = self._read(select(requests).where(requests.c.run_id == run_id))
        return found[0] if found else None

    def all_requests(self, limit: int = 100) -> list[RunRequest]:
        """The latest requests, newest first."""
        return self._read(select(requests).order_by(requests.c.number.desc()).limit(limit))

    def _read(self, query: Any) -> list[RunRequest]:
        with self._database.reading() as connection:
            return [as_request(row) for row in connection.execute(query)]


def submit_in(connection: Connection, request: RunRequest) -> RunRequest:
    """The same as ``RunQueue.submit``, as a part of a transaction."""
    given = replace(request, run_id=new_run_id(), created=now(), state="waiting", error="", outcome="")
    values = asdict(given) | {"config": json.dumps(given.config), "again": json.dumps(given.again)}
    connection.execute(requests.insert().values(**values))
    return given


def as_request(row: Row[Any]) -> RunRequest:
    """A row of the table of requests."""
    return RunRequest(
        run_id=row.run_id,
        pipeline=row.pipeline,
        config=json.loads(row.config),
        target=row.target,
        resume=row.resume,
        again=tuple(json.loads(row.again)),
        use_cache=row.use_cache,
        by=row.by,
        schedule_id=row.schedule_id,
        created=row.created,
        state=row.state,
        error=row.error,
        outcome=row.outcome,
    )
