"""Settings of the whole test process, and the command line as a fixture."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# One process takes one Keras for good, and TF-GNN needs Keras 2. Tests of Keras 3 start their own process.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
# What somebody's shell or a build server sets has no part in what tests see: settings of Noria's and MLflow's
# (those of the tests apart), colours and widths of terminals, a proxy between a test and its own servers.
_OF_TESTS = ("NORIA_REQUIRE_DEVICES", "NORIA_DEVICE_LAB", "NORIA_TEST_IMAGE", "NORIA_TEST_ENGINE")
_OF_TERMINALS = ("COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TERMINAL_WIDTH", "TTY_COMPATIBLE")
for _name in list(os.environ):
    if _name in _OF_TERMINALS or (_name.startswith(("MLFLOW_", "NORIA_")) and _name not in _OF_TESTS):
        del os.environ[_name]
_direct = [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]
os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, _direct))

# The same examples on every machine, and no example fails because the machine is busy. Others are looked for
# with --hypothesis-profile=default.
settings.register_profile(
    "noria", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("noria")

TESTS = Path(__file__).parent
TOY = "toy.pipeline:PIPELINE"


@dataclass
class NoriaCommand:
    """The command line as a user has it: in a process of its own, with a home folder of its own.

    The pipeline ``toy`` (tests/toy) is registered; MLflow is told nothing unless a test asks for it.
    """

    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: object, status: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs ``noria ARGUMENTS`` and checks its exit status; ``more`` are environment variables."""
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            env=self.environment | more,
        )
        assert done.returncode == status, (
            f"{arguments}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return done

    def json(self, *arguments: object, status: int = 0, **more: str) -> Any:
        """The same with ``--json``; returns what it printed."""
        return json.loads(self(*arguments, "--json", status=status, **more).stdout)

    def start(self, *arguments: object, **more: str) -> subprocess.Popen[str]:
        """Starts a command without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment | more,
            start_new_session=True,
        )

    def executions(self) -> Counter[str]:
        """How many executions ML Metadata has in each state."""
        names = {1: "NEW", 2: "RUNNING", 3: "COMPLETE", 4: "FAILED", 5: "CACHED", 6: "CANCELED"}
        with contextlib.closing(sqlite3.connect(self.home / "metadata.sqlite")) as database:
            rows = database.execute("select last_known_state from Execution").fetchall()
        return Counter(names[state] for (state,) in rows)

    def processes(self) -> dict[int, str]:
        """Command lines of the processes that know this home folder."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self.home).encode() in (process / "environ").read_bytes():
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(process.name)] = command
        return found


@pytest.fixture
def noria(tmp_path: Path) -> Iterator[NoriaCommand]:
    """The command line on an empty home folder; no process of it may outlive the test."""
    home = tmp_path / "home"
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    environment |= {
        "NORIA_HOME": str(home),
        "NORIA_PIPELINES": TOY,
        "NORIA_TRACKING": "later",
        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}",
    }
    command = NoriaCommand(home, environment)
    yield command
    try:
        # The delivery of a cached run may still be at it.
        eventually(lambda: not command.processes(), lambda: f"left over: {command.processes()}", 120.0)
    finally:
        for pid in command.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """What code under test exports is gone after its test: MLflow exports the tracking URI it is given."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    if before is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = before


def eventually(condition: Callable[[], object], message: Callable[[], str], seconds: float = 120.0) -> None:
    """Waits for a condition; fails with the message when it does not come."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, message()
        time.sleep(0.05)


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., None]:
    return eventually
