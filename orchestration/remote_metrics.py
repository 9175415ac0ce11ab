"""What a run elsewhere measured: its steps told MLflow, and here it is read back."""

from __future__ import annotations

import contextlib
import math
import urllib.error
import urllib.request
from typing import Any

from noria.errors import NoriaError
from noria.files import write_json
from noria.home import Home
from orchestration.mlflow_server import connect
from orchestration.run_record import RunFolder, RunRecord
from orchestration.targets import Tracking

FETCHED = "fetched"
_TIMEOUT = 3.0


def fetch_metrics(folder: RunFolder, record: RunRecord, tracking: Tracking) -> None:
    """Takes over the metrics of the MLflow run that the steps wrote to.

    Where MLflow cannot be asked, ``record.remote.metrics`` says why; that is no failure of the run.

    Args:
        folder: The run's folder; its ``mlflow.json`` learns the MLflow run's id.
        record: Of a run elsewhere; metrics are filled in. The caller saves it.
        tracking: The MLflow server.
    """
    remote = record.remote
    assert remote is not None, "runs on this machine bring their metrics along"
    uri = tracking.local_uri or tracking.uri
    try:
        run = _find_run(folder.home, uri, remote.run_id)
    except Exception as error:
        # MLflow has no common error for servers that are away; whatever it is, the run itself is known.
        remote.metrics = f"MLflow at {uri} could not be asked: {_first_line(error)}"
        return
    if run is None:
        remote.metrics = f"MLflow at {uri} has no run tagged noria.run_id = {remote.run_id}"
        return
    record.metrics = {name: value for name, value in run.data.metrics.items() if math.isfinite(value)}
    remote.metrics = FETCHED
    write_json(folder.mlflow, {"tracking_uri": uri, "run_id": run.info.run_id, "complete": True})


def _find_run(home: Home, uri: str, run_id: str) -> Any:
    """The MLflow run of a whole pipeline run, in whatever experiment; None where there is none."""
    if uri.startswith("http"):
        _check_answers(uri)
    client = connect(home, uri)
    experiments = [found.experiment_id for found in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.`noria.run_id` = '{run_id}'") if experiments else []
    # The nested runs of the steps may carry the tag, too.
    return next((run for run in runs if "mlflow.parentRunId" not in run.data.tags), None)


def _check_answers(uri: str) -> None:
    """Raises OSError where nobody answers, before seconds go into importing MLflow."""
    with (
        # Whatever else it is, it is an answer.
        contextlib.suppress(urllib.error.HTTPError),
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_TIMEOUT),
    ):
        pass


def _first_line(error: Exception) -> str:
    text = error.message if isinstance(error, NoriaError) else str(error)
    return f"{type(error).__name__}: {text}".partition("\n")[0][:300]
