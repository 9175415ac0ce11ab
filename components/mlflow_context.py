"""Which MLflow run a step belongs to, when it needs to know (most steps only report; see tracking)."""

from __future__ import annotations

import os
import time
from pathlib import Path

from noria.errors import NoriaError
from noria.files import read_json

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
