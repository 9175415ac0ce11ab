"""What is written down about a run: one folder, and in it one record that is always whole.

Layout of ``runs/<run id>/``::

    run.json        the record below, replaced atomically by the process that runs
    run.lock        held for as long as that process lives
    config.yaml     the complete configuration
    target.yaml     for a run elsewhere: the complete target, so that it is still found when that changes
    journal.jsonl   what steps report and what becomes of them, in order of arrival
    logs/<step>.log what the step's process printed
    mlflow.json     what the delivery to MLflow has done so far (orchestration/tracking_delivery.py)
    work/           requests, results and temporary files of steps
"""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noria.files import read_json, write_json
from noria.home import Home

FINAL_STATES = ("succeeded", "failed", "cancelled")
# Neither vowels, so that no word appears, nor signs that look alike.
_SIGNS = "bcdfghjkmnpqrstvwxz23456789"


@dataclass
class StepRecord:
    """What became of one step.

    Attributes:
        name: The component's id.
        state: pending, running, succeeded, failed, cancelled, or skipped (never started).
        cached: The outputs are those of an earlier execution.
        seconds: Wall time, None while it has none.
        attempts: How many times it was started.
        memory_mb: The largest resident size of its process, None where there was none.
        log: Path of its log file.
        error: Why it failed, for a person; while it is tried again, why it was.
        outputs: Folder of each output.
    """

    name: str
    state: str = "pending"
    cached: bool = False
    seconds: float | None = None
    attempts: int = 1
    memory_mb: float | None = None
    log: str = ""
    error: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class RemoteRun:
    """Where a run that goes on elsewhere is found, and what was last heard of it.

    Attributes:
        kind: kubeflow or vertex.
        server: Address of the server, or the project and region.
        namespace: Where its pods are; empty where there is no such thing.
        run_id: Its id there; empty until it was taken.
        url: A page for people.
        tasks: The name of each step there.
        heard: When its state was last learnt: ISO 8601 in UTC.
        cancelling: Somebody here asked for its end.
        metrics: fetched, unknown, or why they could not be fetched.
    """

    kind: str
    server: str
    namespace: str = ""
    run_id: str = ""
    url: str = ""
    tasks: dict[str, str] = field(default_factory=dict)
    heard: str = ""
    cancelling: bool = False
    metrics: str = "unknown"


@dataclass
class RunRecord:
    """What became of one run.

    Attributes:
        state: queued, running, succeeded, failed or cancelled.
        started: ISO 8601 in UTC; so is ``ended``, empty while the run lives.
        pid: The process that runs it; for a run elsewhere, the one that started it.
        config_digest: SHA-256 of the configuration as JSON.
        git_commit: Of the code's checkout, with ``+changes`` where it is not clean; empty without one.
        resumed_from: The run whose configuration was taken over.
        metrics: The last value of every metric without an epoch; filled in at the end.
        remote: For a run that goes on elsewhere; None for one on this machine.
    """

    id: str
    pipeline: str
    target: str
    state: str
    started: str
    pid: int
    config_digest: str = ""
    git_commit: str = ""
    resumed_from: str = ""
    ended: str = ""
    error: str = ""
    steps: list[StepRecord] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    remote: RemoteRun | None = None

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINAL_STATES

    @property
    def seconds(self) -> float:
        """Wall time so far, or in all."""
        end = datetime.fromisoformat(self.ended) if self.ended else datetime.now(UTC)
        return round((end - datetime.fromisoformat(self.started)).total_seconds(), 2)

    def step(self, name: str) -> StepRecord:
        """The record of one step; raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


@dataclass(frozen=True)
class RunFolder:
    """Where the files of one run lie."""

    path: Path

    @classmethod
    def create(cls, home: Home) -> RunFolder:
        """Makes the folder of a new run; it becomes visible to others with its first record."""
        while True:
            folder = cls(home.runs / new_run_id())
            try:
                folder.path.mkdir(parents=True)
            except FileExistsError:
                continue
            folder.logs.mkdir()
            folder.work.mkdir()
            return folder

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def home(self) -> Home:
        """The home folder that this run belongs to."""
        return Home(self.path.parent.parent)

    @property
    def record(self) -> Path:
        """The run's record."""
        return self.path / "run.json"

    @property
    def lock(self) -> Path:
        """Held for as long as the run's process lives."""
        return self.path / "run.lock"

    @property
    def config(self) -> Path:
        """The complete configuration."""
        return self.path / "config.yaml"

    @property
    def target(self) -> Path:
        """The complete target of a run elsewhere."""
        return self.path / "target.yaml"

    @property
    def journal(self) -> Path:
        """What steps report and what becomes of them."""
        return self.path / "journal.jsonl"

    @property
    def mlflow(self) -> Path:
        """What the delivery to MLflow has done so far."""
        return self.path / "mlflow.json"

    @property
    def logs(self) -> Path:
        """One log per step."""
        return self.path / "logs"

    @property
    def work(self) -> Path:
        """Requests, results and temporary files of steps."""
        return self.path / "work"

    @property
    def temporary(self) -> Path:
        """Temporary files of the run's steps: outside, because sockets want short paths."""
        return Path(tempfile.gettempdir()) / f"noria-{self.id}"

    def log(self, step: str) -> Path:
        """The log of one step."""
        return self.logs / f"{step}.log"

    def save(self, record: RunRecord) -> None:
        """Replaces the record."""
        write_json(self.record, asdict(record))

    def load(self) -> RunRecord:
        """Reads the record."""
        tree: dict[str, Any] = read_json(self.record)
        remote = tree.get("remote")
        parts = {
            "steps": [StepRecord(**step) for step in tree["steps"]],
            "remote": RemoteRun(**remote) if remote else None,
        }
        return RunRecord(**{**tree, **parts})


def new_run_id() -> str:
    """Eight random signs, the first a letter: any few of them already tell two runs apart."""
    return secrets.choice(_SIGNS[:19]) + "".join(secrets.choice(_SIGNS) for _ in range(7))


def now() -> str:
    """The present as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
