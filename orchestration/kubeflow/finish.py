"""The program of the finishing task: gives the run in MLflow its parameters and its end.

Scheduled runs have nobody who follows them; this task is started by the server when all steps are over,
however they ended. ``python -m orchestration.kubeflow.finish --executor_input '{{$}}'``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from noria.home import Home
from orchestration.mlflow_run import MlflowRun
from orchestration.mlflow_server import connect
from orchestration.run_comparison import flatten
from orchestration.run_record import RunFolder, RunRecord, now

# What servers call the end of a group of tasks (ML Metadata's states on Kubeflow, Vertex AI's own).
_STATES = {
    **dict.fromkeys(("COMPLETE", "SUCCEEDED", "CACHED", "SKIPPED"), "succeeded"),
    **dict.fromkeys(("FAILED", "ERROR"), "failed"),
    **dict.fromkeys(("CANCELED", "CANCELLED", "TERMINATED"), "cancelled"),
}


def main(arguments: Sequence[str]) -> int:
    """Tells MLflow how the run ended; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.kubeflow.finish")
    parser.add_argument("--executor_input", required=True)
    values = json.loads(parser.parse_args(arguments).executor_input)["inputs"]["parameterValues"]
    status = values.get("status", {})
    status = json.loads(status) if isinstance(status, str) else status
    run_id = values["run"].rpartition("/")[2]
    finish(run_id, str(status.get("state", "")), json.loads(values["pipeline_config"]))
    return 0


def finish(run_id: str, server_state: str, config: dict[str, Any]) -> None:
    """Gives the run its parameters and its final status.

    Args:
        run_id: The run's id on the server, which its steps have used, too.
        server_state: What the server says of the group of steps; where it says nothing final, the state
            follows from the steps that MLflow knows.
        config: The pipeline's configuration.
    """
    home, uri = Home.find(), os.environ.get("MLFLOW_TRACKING_URI", "")
    client = connect(home, uri)
    record = RunRecord(
        id=run_id,
        pipeline=os.environ["NORIA_PIPELINE"],
        target=os.environ["NORIA_TARGET"],
        state="running",
        started=now(),
        pid=os.getpid(),
    )
    folder = RunFolder(home.runs / record.id)
    folder.save(record)
    run = MlflowRun(client, folder, uri)
    run.parameters(flatten(config))
    state = _STATES.get(server_state.upper()) or run.state_of_steps()
    run.end(state, time.time())
    print(f"run {record.id}: {state}" + (f" (the server says {server_state})" if server_state else ""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
