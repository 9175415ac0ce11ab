"""Who did what, in the database: only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestration.run_record import now
from orchestration.scheduling.database import Database

_METADATA = sa.MetaData()
_AUDIT = sa.Table(
    "audit",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("person", sa.String(200), nullable=False),
    sa.Column("what", sa.String(80), nullable=False, index=True),
    sa.Column("subject", sa.String(300), nullable=False, index=True),
    sa.Column("details", sa.JSON, nullable=False),
)


@dataclass(frozen=True)
class AuditEntry:
    """One thing that somebody did.

    Attributes:
        at: When: ISO 8601 in UTC.
        person: Who.
        what: A word for the deed, e.g. ``start run``.
        subject: What it was done to: a run's id, a schedule's or a model's name.
        details: Whatever belongs to it; secrets are masked before.
    """

    id: int
    at: str
    person: str
    what: str
    subject: str
    details: dict[str, Any]


class AuditLog:
    """The table of deeds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(_METADATA)

    def write(self, person: str, what: str, subject: str, details: dict[str, Any] | None = None) -> None:
        """Adds an entry."""
        row = {
            "at": now(),
            "person": person[:200],
            "what": what[:80],
            "subject": subject[:300],
            "details": details or {},
        }
        with self._database.writing() as connection:
            connection.execute(sa.insert(_AUDIT).values(**row))

    def entries(
        self, limit: int = 100, what: str = "", subject: str = "", before: int = 0
    ) -> list[AuditEntry]:
        """The latest entries first; ``before`` is the id that a former page ended with."""
        query = sa.select(_AUDIT).order_by(_AUDIT.c.id.desc()).limit(limit)
        for column, value in ((_AUDIT.c.what, what), (_AUDIT.c.subject, subject)):
            if value:
                query = query.where(column == value)
        if before:
            query = query.where(_AUDIT.c.id < before)
        with self._database.reading() as connection:
            return [AuditEntry(**row._mapping) for row in connection.execute(query)]
