"""How far one run's journal has been carried to MLflow, kept in the run's ``mlflow.json``."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from noria.files import read_json, write_json
from noria.journal import JournalReader, read_journal
from orchestration.mlflow_run import MlflowRun
from orchestration.mlflow_server import connect
from orchestration.run_comparison import flatten
from orchestration.run_record import RunFolder

_BATCH = 5000


def prepare(folder: RunFolder, tracking_uri: str, *, whole_run: bool = True, names_data: bool = True) -> None:
    """Writes the first ``mlflow.json`` of a run.

    Args:
        folder: The run.
        tracking_uri: The server; empty: the home's SQLite file.
        whole_run: False where the folder holds one step of a run that goes on elsewhere: the run's
            parameters and its end are then told by somebody else.
        names_data: Whether the output of the first step to end is the data of this run.
    """
    begin = {"tracking_uri": tracking_uri, "run_id": "", "step_runs": {}, "offset": 0, "complete": False}
    scope = {"whole_run": whole_run, "names_data": names_data}
    write_json(folder.mlflow, {**begin, **scope, "ended": [], "refused": [], "error": ""})


def undelivered(folder: RunFolder) -> int:
    """How many records of a run have not reached MLflow; 0 when it knows everything."""
    if not folder.mlflow.exists():
        return 0
    state = read_json(folder.mlflow)
    return 0 if state["complete"] else max(1, len(JournalReader(folder.journal, state["offset"]).read()))


class Delivery:
    """How far one run's journal has been carried.

    Attributes:
        state: The content of ``mlflow.json``: tracking_uri (empty: the home's own), run_id, step_runs,
            whole_run, names_data (see ``prepare``), ended (steps), offset (bytes of the journal), complete,
            refused (what MLflow would not take), error.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self.state: dict[str, Any] = read_json(folder.mlflow)
        self._run: MlflowRun | None = None

    def advance(self) -> int:
        """Delivers the next batch; returns the number of records, 0 when all of the journal is told."""
        run = self._connected()
        reader = JournalReader(self._folder.journal, self.state["offset"])
        records = reader.read(_BATCH)
        if records:
            self._deliver(run, records)
            self.state["offset"] = reader.offset
            self._save()
        return len(records)

    def finish(self) -> None:
        """Gives the MLflow run the state of a run that is over."""
        record, run = self._folder.load(), self._connected()
        at = datetime.fromisoformat(record.ended).timestamp()
        for name in run.step_runs.keys() - set(self.state["ended"]):
            # Cut off together with the run, it could not say so.
            run.end(record.state, at, name)
        if self.state.get("whole_run", True):
            run.end(record.state, at)
        self.state["complete"] = True
        self._save()

    def fail(self, error: Exception) -> None:
        """Notes why nothing is delivered at the moment."""
        self._run = None
        self.state["error"] = f"{type(error).__name__}: {error}"
        self._save()

    def _connected(self) -> MlflowRun:
        if self._run is None:
            uri = self.state["tracking_uri"]
            run = MlflowRun(connect(self._folder.home, uri), self._folder, uri)
            run.step_runs.update(self.state["step_runs"])
            self.state.update(run_id=run.run_id, error="")
            self._save()
            if self.state.get("whole_run", True):
                settings = yaml.safe_load(self._folder.config.read_text(encoding="utf-8"))
                self._ask(run.parameters, flatten(settings))
            self._run = run
        return self._run

    def _deliver(self, run: MlflowRun, records: Sequence[dict[str, Any]]) -> None:
        for step in dict.fromkeys(record["step"] for record in records if record.get("step")):
            own = [record for record in records if record.get("step") == step]
            for record in own:
                if record["kind"] in ("params", "artifact"):
                    run.step_run(step, record)
                if record["kind"] == "params":
                    self._ask(run.parameters, record["values"], step)
            self._ask(run.metrics, step, [record for record in own if record["kind"] == "metric"])
            for record in own:
                if record["kind"] == "step" and record["state"] != "running":
                    self._end_step(run, record)

    def _end_step(self, run: MlflowRun, ended: dict[str, Any]) -> None:
        step = ended["step"]
        if ended.get("digests") and self.state.get("names_data", True) and "data_digest" not in self.state:
            # The first step to end is one without inputs: what it made is the data of this run.
            self.state["data_digest"] = next(iter(ended["digests"].values()))
            run.tag("noria.data_digest", self.state["data_digest"])
        if step not in run.step_runs:
            return
        found = {
            (record["output"], record["path"])
            for record in read_journal(self._folder.journal)
            if record["kind"] == "artifact" and record["step"] == step
        }
        roots = {output: Path(ended["outputs"][output]) for output, _ in found if output in ended["outputs"]}
        paths = [
            (roots[output] / path, Path(path).parent.as_posix() if "/" in path else "")
            for output, path in sorted(found)
            if output in roots and (roots[output] / path).exists()
        ]
        run.artifacts(step, paths)
        run.end(ended["state"], ended["time"], step)
        self.state["ended"].append(step)

    def _ask(self, call: Any, *arguments: Any) -> None:
        """Makes a call that MLflow may refuse for good (a value too long, say): noted, not tried again."""
        from mlflow.exceptions import MlflowException

        try:
            call(*arguments)
        except MlflowException as error:
            if error.error_code not in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_ALREADY_EXISTS"):
                raise
            self.state["refused"].append(str(error))
            traceback.print_exc()

    def _save(self) -> None:
        if self._run is not None:
            self.state["step_runs"] = dict(self._run.step_runs)
        write_json(self._folder.mlflow, self.state)
