"""A database of each kind, and a scheduler whose clock the test sets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from noria.home import Home
from noria.journal import read_journal
from orchestration.scheduling.database import Database, open_database
from orchestration.scheduling.notifications import NotificationSettings
from orchestration.scheduling.run_queue import RunQueue
from orchestration.scheduling.schedule import LocalSchedule
from orchestration.scheduling.schedule_store import ScheduleStore, StoredSchedule, Tick
from orchestration.scheduling.scheduler import Scheduler

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL server, started for these tests."""
    places = [shutil.which("initdb"), *map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    found = next((Path(place).resolve().parent for place in places if place), None)
    if found is None:
        pytest.skip("no initdb on this machine: PostgreSQL is not tested")
    # Not below pytest's own folder, which only its owner may enter; and sockets want short paths.
    folder = Path(tempfile.mkdtemp(prefix="noria-postgres-"))
    who: list[str] = []
    if os.getuid() == 0:
        # PostgreSQL refuses to work as root.
        if shutil.which("runuser") is None:
            pytest.skip("no runuser on this machine: PostgreSQL does not work as root")
        shutil.chown(folder, "nobody")
        who = ["runuser", "-u", "nobody", "--"]

    def call(*command: str) -> None:
        done = subprocess.run([*who, *command], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    call(str(found / "initdb"), "-D", data, "-U", "noria", "-A", "trust", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    call(str(found / "pg_ctl"), "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
    yield f"postgresql://noria@/{{name}}?host={folder}"
    call(str(found / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; empty for SQLite in the home folder."""
    if request.param == "sqlite":
        return ""
    server: str = request.getfixturevalue("postgres_server")
    from sqlalchemy import create_engine, text

    name = f"test{time.time_ns()}"
    driver = server.replace("postgresql:", "postgresql+psycopg2:")
    engine = create_engine(driver.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return server.format(name=name)


@dataclass
class World:
    """A home folder, its database, and a clock that stands still."""

    home: Home
    url: str
    database: Database
    moment: datetime
    state: str = "succeeded"
    live: bool = False
    notifications: NotificationSettings = field(default_factory=NotificationSettings)

    def __post_init__(self) -> None:
        self.home.root.mkdir(parents=True, exist_ok=True)
        self.schedules = ScheduleStore(self.database, lambda: self.moment)
        self.queue = RunQueue(self.database)

    def scheduler(self, max_running: int = 1) -> Scheduler:
        command = (sys.executable, str(HERE / "quick_run.py"), "--state", self.state)
        clock = lambda: datetime.now(UTC) if self.live else self.moment  # noqa: E731
        return Scheduler(self.home, self.database, max_running, clock, self.notifications, command)

    def add(self, cron: str, time_zone: str = "UTC", **more: object) -> StoredSchedule:
        trigger = {"kind": "cron", "cron": cron, "time_zone": time_zone}
        return self.schedules.add(
            LocalSchedule.model_validate({"name": "often", "pipeline": "toy", "trigger": trigger} | more)
        )

    def ticks(self, schedule: StoredSchedule) -> list[Tick]:
        """Oldest first."""
        return self.schedules.ticks(schedule.id, 10_000)[::-1]

    def states(self, schedule: StoredSchedule) -> list[str]:
        return [tick.state for tick in self.ticks(schedule)]

    def begun(self) -> list[str]:
        """The runs that really began."""
        return [entry["run"] for entry in read_journal(self.home.root / "begun.jsonl")]

    def hold(self) -> None:
        """Runs that begin from now on go on until they are let go."""
        (self.home.root / "hold").touch()

    def let_go(self) -> None:
        """Ends runs that are held, and lets later ones end by themselves."""
        (self.home.root / "hold").unlink(missing_ok=True)
        (self.home.root / "go").touch()

    def begins(self, scheduler: Scheduler | None = None, seconds: float = 120) -> None:
        """Waits until a run has begun; lets the scheduler work meanwhile."""
        until = time.monotonic() + seconds
        while not self.begun():
            if scheduler is not None:
                scheduler.run_once()
            assert time.monotonic() < until, self.queue.all_requests()
            time.sleep(0.05)

    def pass_by(self, **by: float) -> None:
        self.moment += timedelta(**by)

    def finish(self, scheduler: Scheduler, seconds: float = 600) -> None:
        """Lets the scheduler work until nothing is left to do; the clock stands still."""
        until = time.monotonic() + seconds
        while True:
            scheduler.run_once()
            asked = self.queue.all_requests(10_000)
            if all(r.outcome or r.state in ("withdrawn", "failed") for r in asked):
                return
            assert time.monotonic() < until, [r for r in asked if not r.outcome]
            time.sleep(0.05)

    def start(self, *arguments: object, fault: str = "") -> subprocess.Popen[bytes]:
        """Starts a scheduler in a process of its own."""
        environment = {
            **os.environ,
            "NORIA_HOME": str(self.home.root),
            "TEST_DATABASE": self.url,
            "NORIA_TEST_FAULT": fault,
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, str(HERE / "one_scheduler.py"), *map(str, arguments)]
        return subprocess.Popen(command, env=environment)


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    home = Home(tmp_path / "home")
    database = open_database(home, url)
    made = World(home, url, database, datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    yield made
    made.let_go()
    database.close()


@pytest.fixture
def sqlite_world(tmp_path: Path) -> Iterator[World]:
    home = Home(tmp_path / "home")
    database = open_database(home)
    made = World(home, "", database, datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    yield made
    made.let_go()
    database.close()
