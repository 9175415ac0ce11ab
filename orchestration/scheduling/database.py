"""The dashboard's database: one SQLite file beside the runs, or PostgreSQL by a URL.

Writers take turns: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by an advisory lock that its transaction holds.
So what a transaction reads is still true when it writes, and several schedulers may use one database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from noria.errors import ConfigError, NoriaError
from noria.home import Home

DATABASE_VARIABLE = "NORIA_DATABASE"
# Seconds that a writer waits for its turn.
_PATIENCE = 30
# Any number that nobody else on the same PostgreSQL database uses.
_TURN = 0x6E6F726961

metadata = MetaData()

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(80), unique=True, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created", String(32), nullable=False),
    Column("next_due", String(32), nullable=False),
    # Data trigger: the source's digest at the last run; drift trigger: the run whose breach was answered.
    Column("seen", String(128), nullable=False, default=""),
)

ticks = Table(
    "ticks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule_id", ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("due", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("run_id", String(16), nullable=False, default="", index=True),
    Column("note", Text, nullable=False, default=""),
    Column("done", String(32), nullable=False, default=""),
    UniqueConstraint("schedule_id", "due"),
)

requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", String(16), unique=True, nullable=False),
    Column("pipeline", String(200), nullable=False),
    Column("config", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("resume", String(16), nullable=False),
    Column("again", Text, nullable=False),
    Column("use_cache", Boolean, nullable=False),
    Column("by", String(200), nullable=False),
    # No foreign key: what a schedule started stays when the schedule goes.
    Column("schedule_id", String(16), nullable=False, index=True),
    Column("created", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("error", Text, nullable=False, default=""),
    # The process that was started, as "pid start-time"; what became of the run once it is over.
    Column("process", String(40), nullable=False, default=""),
    Column("outcome", String(16), nullable=False, default=""),
    # A later tick takes its place.
    Column("cancelling", Boolean, nullable=False, default=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event", String(80), nullable=False),
    Column("channel", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("created", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", String(32), nullable=False),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("event", "channel"),
)


class Database:
    """Connections to the database, and whose turn it is to write."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: nobody else writes meanwhile; all of it happens, or nothing."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(noria_writes=True)
            with connection.begin():
                if self.engine.dialect.name == "postgresql":
                    connection.execute(text("select pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def create(self, table_metadata: MetaData) -> None:
        """Makes the tables that are not there yet; for tables that other parts keep here, too."""
        with self.writing() as connection:
            table_metadata.create_all(connection)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_database(home: Home, url: str = "") -> Database:
    """Opens the database and makes its tables.

    Args:
        home: Where ``noria.sqlite`` lies.
        url: Address of a PostgreSQL database instead, ``postgresql://...``; empty: the environment
            variable ``NORIA_DATABASE``, by which the command line finds the dashboard's.

    Raises:
        ConfigError: The address is none, or one of another kind of database.
        NoriaError: The database cannot be reached.
    """
    url = url or os.environ.get(DATABASE_VARIABLE, "")
    try:
        engine = _postgres(url) if url else _sqlite(home)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise ConfigError(
            f"the database's address cannot be used: {type(error).__name__}",
            hint="e.g. postgresql://user@host/noria; empty: a file in the home folder",
        ) from None
    database = Database(engine)
    try:
        database.create(metadata)
    except SQLAlchemyError as error:
        # The address may hold a password: only the driver's own words.
        reason = str(getattr(error, "orig", None) or type(error).__name__)
        raise NoriaError(f"the database cannot be opened: {reason}") from None
    return database


def _sqlite(home: Home) -> Engine:
    home.root.mkdir(parents=True, exist_ok=True)
    path = home.root / "noria.sqlite"
    # Configurations and names of people: nobody else's business. SQLite's side files take over the mode.
    path.touch(mode=0o600)
    engine = create_engine(
        f"sqlite:///{path}",
        # A connection per use: cheap for a file, and safe between threads.
        poolclass=NullPool,
        connect_args={"timeout": _PATIENCE, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, record: Any) -> None:
        del record
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("noria_writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")

    return engine


def _postgres(url: str) -> Engine:
    if not url.startswith(("postgresql://", "postgresql+psycopg2://")):
        raise ValueError("expected postgresql://")
    # Without a driver's name SQLAlchemy would choose another one than is installed.
    url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
