"""``noria mlflow`` and ``noria sync``: the way to MLflow."""

from __future__ import annotations

import os
import socket
import sys
from typing import Annotated

import typer

from cli.output import messages, results
from noria.errors import NoriaError
from noria.home import Home


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(mlflow)
    app.command()(sync)


def mlflow(
    port: Annotated[int, typer.Option(help="Port on the loopback interface; 0: any free one.")] = 0,
) -> None:
    """Serves MLflow's pages for this home folder until Ctrl-C."""
    from orchestration.mlflow_server import ENVIRONMENT, connect

    home = Home.find()
    given = os.environ.get("MLFLOW_TRACKING_URI", "")
    if given.startswith("http"):
        results.print(f"runs are tracked by the server at {given}: open it in a browser", markup=False)
        return
    home.root.mkdir(parents=True, exist_ok=True)
    connect(home, given)
    port = port or _free_port()
    # Flushed before exec replaces this process.
    sys.stdout.write(f"MLflow: http://127.0.0.1:{port}  (Ctrl-C ends it)\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", given or f"sqlite:///{home.mlflow_db}"]
    command += ["--artifacts-destination", home.mlflow_artifacts.as_uri()]
    # Eight processes for jobs that nobody submits here, and deprecations inside MLflow, help no reader.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    os.execve(sys.executable, command, {**os.environ, **ENVIRONMENT, **quiet})


def sync() -> None:
    """Delivers to MLflow what could not be delivered yet, and fetches metrics of runs elsewhere."""
    from orchestration.delivery import Delivery, undelivered
    from orchestration.tracking_delivery import follow, pending

    left = 0
    _fetch_missing()
    for folder in pending(Home.find()):
        count = undelivered(folder)
        if follow(folder, grace=0):
            results.print(f"run {folder.id}: {count} records delivered", highlight=False)
        else:
            left += 1
            error = Delivery(folder).state["error"]
            messages.print(f"run {folder.id}: {count} records kept: {error}", markup=False, highlight=False)
    if left:
        raise NoriaError(
            f"{left} runs are not delivered yet",
            hint="start the MLflow server that the messages name, then run noria sync again",
        )
    results.print("MLflow knows every run")


def _fetch_missing() -> None:
    from orchestration.remote_metrics import FETCHED
    from orchestration.remote_runs import refresh
    from orchestration.run_catalog import all_runs
    from orchestration.run_record import RunFolder

    home = Home.find()
    for record in all_runs(home):
        if record.remote is None or record.remote.metrics == FETCHED:
            continue
        folder = RunFolder(home.runs / record.id)
        refresh(folder)
        remote = folder.load().remote
        if folder.load().over and remote is not None:
            messages.print(f"run {record.id}: metrics: {remote.metrics}", markup=False, highlight=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
