"""Runs the steps of one pipeline on this machine: a process per step, independent branches side by side.

One thread does everything: it starts what is ready, waits for a process to end, publishes, writes the
record down. So nothing here needs a lock, and ML Metadata sees one caller per run.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

from components.tracking import RECORDS
from noria.files import read_json
from noria.journal import JournalReader, append, read_journal
from orchestration.dead_runs import kill_processes_of
from orchestration.pipeline_plan import PipelinePlan, PlannedStep
from orchestration.run_record import RunFolder, RunRecord, StepRecord
from orchestration.step_cache import Artifacts, content_digest
from orchestration.step_launcher import CachedStep, OpenStep, StepLauncher
from orchestration.step_processes import EndedStep, StepProcesses, StepServerLostError
from orchestration.step_request import StepError

Watcher = Callable[[RunRecord, list[dict[str, Any]]], None]

TERMINATION_GRACE = 5.0
_TICK = 0.2


class LocalRunner:
    """Takes a planned run to its end.

    Attributes:
        record: What became of the run so far; also on disk after every change.
    """

    def __init__(
        self,
        folder: RunFolder,
        record: RunRecord,
        plan: PipelinePlan,
        launcher: StepLauncher,
        processes: StepProcesses,
        *,
        uncached: Set[str],
        max_parallel: int,
        cancel: threading.Event,
        watch: Watcher,
    ) -> None:
        self.record = record
        self._folder = folder
        self._plan = plan
        self._launcher = launcher
        self._processes = processes
        self._uncached = uncached
        self._max_parallel = max_parallel
        self._cancel = cancel
        self._watch = watch
        self._news = JournalReader(folder.journal)
        self._open: dict[str, OpenStep] = {}
        self._begun: dict[str, float] = {}

    def run(self) -> None:
        """Runs every step; afterwards the record's state is final."""
        try:
            while self.record.state == "running" and (self._open or self._ready()):
                if self._cancel.is_set():
                    self._stop("cancelled", "the run was cancelled")
                    break
                while len(self._open) < self._max_parallel and (ready := self._ready()):
                    self._start(ready[0])
                    self._tell()
                if self._open:
                    self._finish(self._processes.wait(_TICK))
                self._tell()
        except StepServerLostError:
            server_log = self._folder.logs / "step-server.log"
            self._stop("failed", f"the process that starts the steps ended; out of memory? See {server_log}")
        except BaseException:
            # An error of ours: still leave no step behind, then let it be seen.
            self._stop("failed", "the runner itself failed")
            raise
        if self.record.state == "running":
            self.record.state = "succeeded"
        for step in self.record.steps:
            if step.state == "pending":
                step.state = "skipped"
        self._save()

    def _ready(self) -> list[PlannedStep]:
        done = {step.name for step in self.record.steps if step.state == "succeeded"}
        return [
            step
            for step in self._plan.steps
            if self.record.step(step.name).state == "pending" and done >= set(step.upstream)
        ]

    def _start(self, step: PlannedStep) -> None:
        self._begun[step.name] = time.monotonic()
        record = self.record.step(step.name)
        record.state = "running"
        record.log = str(self._folder.log(step.name))
        Path(record.log).touch()
        self._save()
        self._say({"kind": "step", "step": step.name, "state": "running"})
        try:
            use_cache = step.name not in self._uncached
            prepared = self._launcher.prepare(step, use_cache, lambda text: self._note(step.name, text))
        except Exception as error:
            self._log(step.name, traceback.format_exc())
            self._end(record, "failed", error=f"before it could start: {type(error).__name__}: {error}")
            self._stop("failed", f"step {record.name} failed: {record.error}")
            return
        if isinstance(prepared, CachedStep):
            record.cached = True
            self._log(step.name, "cached: its outputs are those of an earlier execution\n")
            self._replay(step.name, prepared.outputs)
            self._end(record, "succeeded", outputs=prepared.outputs)
            return
        self._open[step.name] = prepared
        self._processes.start(prepared.request)

    def _finish(self, ended: EndedStep | None) -> None:
        if ended is None:
            return
        step = self._open[ended.step]
        record = self.record.step(ended.step)
        record.memory_mb = ended.memory_mb
        if step.request.result.exists() and ended.signal is None:
            outputs = self._launcher.publish(step)
            del self._open[ended.step]
            self._end(record, "succeeded", outputs=outputs)
            return
        error = _reason(step, ended)
        self._launcher.publish_end(step, error, cancelled=False)
        del self._open[ended.step]
        self._end(record, "failed", error=error)
        self._stop("failed", f"step {record.name} failed: {error}")

    def _stop(self, state: str, error: str) -> None:
        """Ends the steps that still run and gives the run its final state."""
        self.record.state, self.record.error = state, error
        reason = "ended because " + error.partition("\n")[0]
        lost = False
        try:
            for name in self._open:
                self._processes.kill(name, signal.SIGTERM)
            self._await_end(TERMINATION_GRACE)
            for name in self._open:
                self._processes.kill(name, signal.SIGKILL)
            self._await_end(TERMINATION_GRACE)
        except StepServerLostError:
            # The kernel ended the steps with their server; what they had started is left.
            kill_processes_of(self.record.id)
            lost = True
        for name, step in self._open.items():
            self._launcher.publish_end(step, reason, cancelled=not lost)
            self._end(self.record.step(name), "failed" if lost else "cancelled", error=reason)
        self._open.clear()

    def _await_end(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._open and (left := deadline - time.monotonic()) > 0:
            ended = self._processes.wait(min(left, _TICK))
            if ended is not None:
                step = self._open.pop(ended.step)
                reason = "ended because " + self.record.error.partition("\n")[0]
                self._launcher.publish_end(step, reason, cancelled=True)
                self._end(self.record.step(ended.step), "cancelled", error=reason)
            self._tell()

    def _end(
        self, step: StepRecord, state: str, *, outputs: Artifacts | None = None, error: str = ""
    ) -> None:
        step.state, step.error = state, error
        step.seconds = round(time.monotonic() - self._begun[step.name], 2)
        digests = {}
        for key, items in (outputs or {}).items():
            step.outputs[key] = items[0].uri
            digests[key] = content_digest(items[0])
        self._save()
        event = {"state": state, "cached": step.cached, "seconds": step.seconds, "error": error}
        self._say({"kind": "step", "step": step.name, **event, "outputs": step.outputs, "digests": digests})

    def _replay(self, step: str, outputs: Artifacts) -> None:
        """Lets a cached step report again what it reported when it ran."""
        for items in outputs.values():
            kept = Path(items[0].uri) / RECORDS
            stamp = {"step": step, "time": time.time(), "cached": True}
            append(self._folder.journal, *({**stamp, **record} for record in read_journal(kept)))

    def _log(self, step: str, text: str) -> None:
        with self._folder.log(step).open("a", encoding="utf-8") as log:
            log.write(text)

    def _note(self, step: str, text: str) -> None:
        self._log(step, text + "\n")
        self._say({"kind": "note", "step": step, "text": text})

    def _say(self, record: dict[str, Any]) -> None:
        append(self._folder.journal, {"time": time.time(), **record})

    def _save(self) -> None:
        self._folder.save(self.record)

    def _tell(self) -> None:
        self._watch(self.record, self._news.read())


def _reason(step: OpenStep, ended: EndedStep) -> str:
    if ended.signal is not None:
        text = f"its process was killed by signal {int(ended.signal)} ({ended.signal.name})"
        if ended.signal == signal.SIGKILL:
            text += f"; out of memory? It had used up to {ended.memory_mb:.0f} MB"
        return text
    if step.request.error.exists():
        return StepError(**read_json(step.request.error)).text
    return "its process ended without a result and without an error"
