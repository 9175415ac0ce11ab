"""Gives the account of the pipelines' steps the password that its secret holds.

Runs as a job after each deployment; does nothing twice. Reads MLFLOW_TRACKING_URI, the administrator's
MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, and CLIENT_USERNAME and CLIENT_PASSWORD.
"""

import os
import time
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client

SECONDS = 300


def main() -> None:
    """Waits for the server, then makes the user or sets its password."""
    client = get_app_client("basic-auth", tracking_uri=os.environ["MLFLOW_TRACKING_URI"])
    name, password = os.environ["CLIENT_USERNAME"], os.environ["CLIENT_PASSWORD"]
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            exists = _exists(client, name)
            break
        except (OSError, MlflowException) as failure:
            if time.monotonic() > deadline:
                raise
            print(f"waiting for MLflow (up to {SECONDS} s): {failure}", flush=True)
            time.sleep(3)
    if exists:
        client.update_user_password(name, password)
    else:
        client.create_user(name, password)
    print(f"user {name} has its password")


def _exists(client: Any, name: str) -> bool:
    try:
        client.get_user(name)
    except MlflowException as failure:
        if failure.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return True


if __name__ == "__main__":
    main()
