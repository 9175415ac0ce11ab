"""The run as one pod sees it: a folder that lives as long as the pod, and its delivery to MLflow.

The step reports into a journal as it does locally, and the same delivery carries it to the tracking
server; only that here it tells of one step, and leaves the run's end to the finishing task.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.mlflow_context import CONTEXT_VARIABLE
from components.tracking import JOURNAL_VARIABLE
from noria.home import Home
from noria.journal import append
from noria.locks import try_lock
from orchestration.delivery_process import DeliveryProcess
from orchestration.kubeflow.platform_spec import RUN_ID_VARIABLE
from orchestration.run_record import RunFolder, RunRecord, StepRecord, new_run_id, now


@dataclass
class PodRun:
    """The pod's part of a run.

    Attributes:
        folder: Journal, logs and work of this pod.
        record: What became of the step.
        step: The step's name.
    """

    folder: RunFolder
    record: RunRecord
    step: str

    @classmethod
    @contextmanager
    def begin(cls, run_id: str, *, names_data: bool) -> Iterator[PodRun]:
        """Makes the folder, starts the delivery, and waits for it in the end.

        Args:
            run_id: The run's id on the server, unless the environment knows better.
            names_data: Whether the step's output is the data of the run: it has no inputs.
        """
        run_id = os.environ.get(RUN_ID_VARIABLE) or run_id or new_run_id()
        step = os.environ.get("NORIA_STEP", "step")
        folder = RunFolder(Home.find().runs / run_id)
        for path in (folder.logs, folder.work):
            path.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder.lock)
        assert lock is not None, "a pod has one step"
        record = RunRecord(
            id=run_id,
            pipeline=os.environ.get("NORIA_PIPELINE", "pipeline"),
            target=os.environ.get("NORIA_TARGET", "kubeflow"),
            state="running",
            started=now(),
            pid=os.getpid(),
            steps=[StepRecord(step, state="running")],
        )
        folder.save(record)
        run = cls(folder, record, step)
        run._say(state="running")
        delivery = DeliveryProcess(folder, whole_run=False, names_data=names_data)
        try:
            yield run
        finally:
            if record.state == "running":
                run.ended("failed", "the pod's program broke off")
            record.ended = now()
            folder.save(record)
            delivery.wait(threading.Event())
            lock.release()

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the step's process."""
        return {
            "NORIA_HOME": str(self.folder.home.root),
            "NORIA_STEP": self.step,
            JOURNAL_VARIABLE: str(self.folder.journal),
            CONTEXT_VARIABLE: str(self.folder.mlflow),
            "TMPDIR": str(self._scratch()),
        }

    def ended(
        self,
        state: str,
        error: str = "",
        *,
        outputs: Mapping[str, str] | None = None,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        """Notes how the step ended."""
        self.record.state = self.record.step(self.step).state = state
        self.record.error = error
        self._say(state=state, error=error, outputs=dict(outputs or {}), digests=dict(digests or {}))

    def _say(self, **event: object) -> None:
        append(
            self.folder.journal,
            {"kind": "step", "step": self.step, "time": time.time(), "cached": False, **event},
        )

    def _scratch(self) -> Path:
        scratch = self.folder.work / "tmp"
        scratch.mkdir(exist_ok=True)
        return scratch
