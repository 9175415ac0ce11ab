"""MLflow's model registry, with bounded waiting and one kind of error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# What MLflow reads at its import or later; a variable that is set already wins.
# The defaults add up to many minutes before a dead server is noticed.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# Else MLflow copies the lock file of whatever project the working folder is in into the model.
os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")

import mlflow
import requests
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from sqlalchemy.exc import SQLAlchemyError

from components.mlflow_context import make_database
from noria.errors import NoriaError
from noria.home import Home

CHAMPION, CHALLENGER = "champion", "challenger"


class RegistryError(NoriaError):
    """The model registry did not answer, or answered with an error."""


def connect() -> MlflowClient:
    """A client of the tracking and model registry server in force.

    ``MLFLOW_TRACKING_URI`` names it; without it, it is the SQLite file in Noria's home.
    """
    home = Home.find()
    uri = home.tracking_uri()
    if uri == f"sqlite:///{home.mlflow_db}":
        make_database(home)
    mlflow.set_tracking_uri(uri)
    return MlflowClient(tracking_uri=uri)


@contextmanager
def registry_errors(hint: str) -> Iterator[None]:
    """Turns whatever MLflow raises inside the block into RegistryError with ``hint``."""
    try:
        yield
    except (MlflowException, requests.RequestException, SQLAlchemyError, ConnectionError) as error:
        reason = str(error).strip().splitlines()[0][:500] if str(error).strip() else type(error).__name__
        raise RegistryError(
            f"the model registry at {Home.find().tracking_uri()} failed: {reason}", hint=hint
        ) from error


def aliases(client: MlflowClient, name: str) -> dict[str, str]:
    """Alias to version of a registered model; empty when there is no such model.

    Raises:
        MlflowException: The registry did not answer.
    """
    try:
        return {k: str(v) for k, v in client.get_registered_model(name).aliases.items()}
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise


def ensure_registered_model(client: MlflowClient, name: str) -> None:
    """Creates the registered model unless it is there."""
    with _already_there_is_fine():
        client.create_registered_model(name)


def own_run(client: MlflowClient, experiment: str) -> str:
    """A finished MLflow run to hold a model's files, for a step that runs outside any pipeline run."""
    if client.get_experiment_by_name(experiment) is None:
        home = Home.find()
        # MLflow's own default for a SQLite store is the working folder.
        local = home.tracking_uri().startswith("sqlite:")
        with _already_there_is_fine():
            client.create_experiment(experiment, home.mlflow_artifacts.as_uri() if local else None)
    number = client.get_experiment_by_name(experiment).experiment_id
    run: str = client.create_run(number, run_name="model_promotion").info.run_id
    client.set_terminated(run)
    return run


@contextmanager
def _already_there_is_fine() -> Iterator[None]:
    # Two runs may create the same thing at once.
    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
