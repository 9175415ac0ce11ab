"""One pipeline run as MLflow sees it: a run, and a nested run for every step that measured something.

Every call may be made again with the same effect: runs are found by their tags, metrics carry the
journal's time, and MLflow takes the same point only once. So a delivery that broke off simply goes on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.mlflow_server import experiment_id
from orchestration.run_record import RunFolder

STATUS = {"succeeded": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}
_PARAMETER_LENGTH = 6000
_PARAMETERS_AT_ONCE = 100
_METRICS_AT_ONCE = 1000


class MlflowRun:
    """Writes one pipeline run to MLflow, or one step of it from the pod where that step runs.

    Attributes:
        run_id: The run's id in MLflow.
        step_runs: Ids of the nested runs by step.
    """

    def __init__(self, client: Any, folder: RunFolder, uri: str) -> None:
        record = folder.load()
        self._client = client
        self._record = record
        self._experiment = experiment_id(client, folder.home, uri, record.pipeline)
        tags = {
            "mlflow.runName": record.id,
            "noria.pipeline": record.pipeline,
            "noria.target": record.target,
            "noria.git_commit": record.git_commit,
            "noria.config_digest": record.config_digest,
            "noria.resumed_from": record.resumed_from,
        }
        self.step_runs: dict[str, str] = {}
        if adopted := os.environ.get("MLFLOW_RUN_ID"):
            self.run_id = self._adopt(adopted, tags)
        else:
            started = datetime.fromisoformat(record.started).timestamp()
            self.run_id = self._find_or_create("", tags, started)

    def parameters(self, values: Mapping[str, Any], step: str = "") -> None:
        """Logs parameters of the whole run or of one step."""
        from mlflow.entities import Param

        items = [Param(_name(key), str(value)[:_PARAMETER_LENGTH]) for key, value in values.items()]
        for start in range(0, len(items), _PARAMETERS_AT_ONCE):
            self._client.log_batch(self._id(step), params=items[start : start + _PARAMETERS_AT_ONCE])

    def metrics(self, step: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Logs a step's metric records: all to its nested run, results (no epoch) to the parent, too."""
        if not records:
            return
        self.step_run(step, records[0])
        for target in (step, ""):
            points = [_metric(r) for r in records if target or r["epoch"] is None]
            for start in range(0, len(points), _METRICS_AT_ONCE):
                self._client.log_batch(self._id(target), metrics=points[start : start + _METRICS_AT_ONCE])

    def step_run(self, step: str, first: Mapping[str, Any]) -> str:
        """The nested run of a step, made when its first record arrives."""
        if step not in self.step_runs:
            tags = {
                "mlflow.runName": step,
                "mlflow.parentRunId": self.run_id,
                "noria.cached": str(bool(first.get("cached"))).lower(),
            }
            self.step_runs[step] = self._find_or_create(step, tags, first["time"])
        return self.step_runs[step]

    def artifacts(self, step: str, paths: Sequence[tuple[Path, str]]) -> None:
        """Uploads files or folders of a step; each with the folder below which it is to appear."""
        for path, below in paths:
            upload = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
            upload(self.step_runs[step], str(path), below or None)

    def state_of_steps(self) -> str:
        """How the run ended, judged by its steps: failed or cancelled if one of them did."""
        found = self._client.search_runs([self._experiment], f"tags.`noria.run_id` = '{self._record.id}'")
        ended = {run.info.status for run in found if run.info.run_id != self.run_id}
        return "failed" if "FAILED" in ended else "cancelled" if "KILLED" in ended else "succeeded"

    def tag(self, name: str, value: str) -> None:
        """Sets a tag of the parent run."""
        self._client.set_tag(self.run_id, name, value)

    def end(self, state: str, at: float, step: str = "") -> None:
        """Gives the run, or one of its steps, its final status."""
        self._client.set_terminated(self._id(step), STATUS[state], int(at * 1000))

    def _id(self, step: str) -> str:
        return self.step_runs[step] if step else self.run_id

    def _adopt(self, step_run: str, tags: Mapping[str, str]) -> str:
        """Takes over the runs that Kubeflow's MLflow plugin made: one for this step, one above it."""
        (step,) = (step.name for step in self._record.steps)
        self.step_runs[step] = step_run
        parent = str(self._client.get_run(step_run).data.tags.get("mlflow.parentRunId", step_run))
        own = {name: value for name, value in tags.items() if value and not name.startswith("mlflow.")}
        for name, value in {**own, **self._identity("")}.items():
            self._client.set_tag(parent, name, value)
        if parent != step_run:
            for name, value in self._identity(step).items():
                self._client.set_tag(step_run, name, value)
        return parent

    def _find_or_create(self, step: str, tags: Mapping[str, str], started: float) -> str:
        if found := self._find(step):
            return found
        given = {name: value for name, value in tags.items() if value}
        made = self._client.create_run(
            self._experiment, int(started * 1000), {**given, **self._identity(step)}
        )
        # Steps of one run in pods of their own may both have looked in vain: the same one wins for both.
        winner = self._find(step) or str(made.info.run_id)
        if winner != made.info.run_id:
            self._client.delete_run(made.info.run_id)
        return winner

    def _find(self, step: str) -> str:
        clauses = [f"tags.`{name}` = '{value}'" for name, value in self._identity(step).items()]
        found = self._client.search_runs([self._experiment], " and ".join(clauses))
        return min(((run.info.start_time, run.info.run_id) for run in found), default=(0, ""))[1]

    def _identity(self, step: str) -> dict[str, str]:
        return {"noria.run_id": self._record.id, "noria.step": step or "(run)"}


def _metric(record: Mapping[str, Any]) -> Any:
    from mlflow.entities import Metric

    return Metric(_name(record["name"]), record["value"], int(record["time"] * 1000), record["epoch"] or 0)


def _name(text: str) -> str:
    """MLflow takes letters, digits, and these signs."""
    return re.sub(r"[^\w\-. /]", "_", text)
