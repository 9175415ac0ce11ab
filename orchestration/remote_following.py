"""Following a run that another process or another machine works on, as it is followed where it works."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any

from noria.errors import NoriaError
from noria.journal import JournalReader
from orchestration.dead_runs import bury_if_dead
from orchestration.remote_runs import refresh, target_of
from orchestration.run_record import RunFolder, RunRecord
from orchestration.run_server import UnavailableError, open_server

if TYPE_CHECKING:
    # The runner needs TFX; following does not.
    from orchestration.local_runner import Watcher

INTERVAL = 2.0
# Seconds for which a server that has gone away is waited for, and the longest pause between two questions.
PATIENCE = 600.0
_LONGEST_PAUSE = 30.0


def follow_remote(
    folder: RunFolder, watch: Watcher, stop: threading.Event, interval: float = INTERVAL
) -> RunRecord:
    """Asks a run's server how it gets on until it is over.

    Args:
        folder: The run's folder; its record is kept up to date.
        watch: Called after each answer with the record and what is new.
        stop: Set it to stop following; the run goes on.
        interval: Seconds between two questions.

    Returns:
        The record: final, or the last known where ``stop`` was set.

    Raises:
        NoriaError: The server lets us in no more, or has been away for ten minutes; the run may go on.
    """
    server = open_server(target_of(folder))
    before = RunRecord(**{**vars(folder.load()), "steps": []})
    lost_at: float | None = None
    pause = interval
    while True:
        problem = refresh(folder, server, quick=False)
        record = folder.load()
        news = [] if problem else _news(before, record)
        if problem is None:
            if lost_at is not None:
                news.insert(0, _note("the server answers again"))
            lost_at, pause, before = None, interval, copy.deepcopy(record)
        else:
            if not isinstance(problem, UnavailableError):
                raise _goes_on(folder, problem)
            if lost_at is None:
                lost_at = time.monotonic()
                news.append(_note(f"{problem.message}; it is asked again"))
            elif time.monotonic() - lost_at > PATIENCE:
                raise _goes_on(folder, problem)
            pause = min(2 * pause, _LONGEST_PAUSE)
        watch(record, news)
        if record.over or stop.wait(pause):
            return record


def follow_here(folder: RunFolder, watch: Watcher, stop: threading.Event) -> RunRecord:
    """The same for a run that another process works on, on this machine."""
    reader = JournalReader(folder.journal, 0)
    while True:
        record = bury_if_dead(folder.path)
        watch(record, reader.read())
        if record.over or stop.wait(0.3):
            return record


def _news(before: RunRecord, after: RunRecord) -> list[dict[str, Any]]:
    """What happened to steps between two records, as journal entries."""
    earlier = {step.name: step for step in before.steps}
    news: list[dict[str, Any]] = []
    for step in after.steps:
        known = earlier.get(step.name)
        if step.attempts > (known.attempts if known else 1):
            why = f": the one before ended with: {step.error}" if step.error else ""
            news.append(_note(f"attempt {step.attempts} begins{why}", step.name))
        if step.error.startswith("waits: ") and step.error != (known.error if known else ""):
            news.append(_note(step.error, step.name))
        if step.state != (known.state if known else "pending"):
            event = {"state": step.state, "cached": step.cached, "seconds": step.seconds, "error": step.error}
            news.append({"kind": "step", "step": step.name, "time": time.time(), **event})
    return news


def _note(text: str, step: str = "") -> dict[str, Any]:
    return {"kind": "note", "step": step, "time": time.time(), "text": text}


def _goes_on(folder: RunFolder, problem: NoriaError) -> NoriaError:
    return NoriaError(
        f"run {folder.id} is not followed any more, it may go on: {problem.message}",
        hint=f"{problem.hint}; then: noria follow {folder.id}".removeprefix("; then: "),
    )
