"""Reaching MLflow: a server where one is configured, else SQLite in the home folder."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

from components.mlflow_context import make_database
from noria.home import Home

# A server that is down is tried again by the delivery, in its own rhythm; MLflow's own retries take minutes.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}


def connect(home: Home, uri: str) -> Any:
    """Makes an MlflowClient; ``uri`` empty: the home's SQLite file, which is made if it is missing.

    Raises:
        Exception: Whatever MLflow raises where the server cannot be reached.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="mlflow")
    from mlflow.tracking import MlflowClient

    if uri:
        return MlflowClient(uri)
    make_database(home)
    return MlflowClient(f"sqlite:///{home.mlflow_db}")


def experiment_id(client: Any, home: Home, uri: str, name: str) -> str:
    """The id of the experiment called ``name``, made or taken out of the bin where needed."""
    from mlflow.exceptions import MlflowException

    # A server knows where artifacts go; for a mere database MLflow would take the working folder.
    served = uri.startswith(("http://", "https://"))
    location = None if served else (home.mlflow_artifacts / name).as_uri()
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException:
            # Another run was faster; if it was something else, the next line says so.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
