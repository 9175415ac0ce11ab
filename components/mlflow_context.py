"""Reaching MLflow from a step that needs it itself (most steps only report; see tracking)."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from noria.errors import NoriaError
from noria.files import read_json
from noria.home import Home
from noria.locks import locked

# Names a JSON file whose "run_id" the orchestration fills in once MLflow answered; empty until then.
CONTEXT_VARIABLE = "NORIA_MLFLOW_CONTEXT"


def run_id(timeout: float) -> str | None:
    """The MLflow run to work in.

    Args:
        timeout: Seconds to wait for the file that ``NORIA_MLFLOW_CONTEXT`` names.

    Returns:
        ``MLFLOW_RUN_ID`` where it is set, else what the file says; None where neither is set.

    Raises:
        NoriaError: It was not there in time: the tracking server does not answer.
    """
    if known := os.environ.get("MLFLOW_RUN_ID"):
        return known
    if not (name := os.environ.get(CONTEXT_VARIABLE)):
        return None
    deadline = time.monotonic() + timeout
    while not (found := _recorded(Path(name))):
        if time.monotonic() > deadline:
            raise NoriaError(
                f"there is no MLflow run after {timeout:g} s: the tracking server does not answer"
            )
        time.sleep(0.1)
    return found


def _recorded(path: Path) -> str:
    return str(read_json(path)["run_id"]) if path.is_file() else ""


def make_database(home: Home) -> None:
    """Makes the tables of the home's own MLflow file, where they are missing or old.

    To be called before that file is used: two processes that make the tables of one new file at once break
    it. Afterwards it can be read while it is written (write-ahead log).
    """
    from mlflow.tracking import MlflowClient

    home.root.mkdir(parents=True, exist_ok=True)
    with locked(home.mlflow_db.with_suffix(".lock")):
        MlflowClient(f"sqlite:///{home.mlflow_db}").search_experiments(max_results=1)
        with closing(sqlite3.connect(home.mlflow_db)) as database:
            database.execute("PRAGMA journal_mode=WAL")
