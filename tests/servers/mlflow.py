"""A real MLflow tracking server on SQLite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import free_ports, running


@contextmanager
def mlflow_server(folder: Path, port: int = 0) -> Iterator[str]:
    """Serves from ``folder``, on a free port unless one is given; yields the tracking URI."""
    port = port or free_ports(1)[0]
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/server.sqlite"]
    command += ["--artifacts-destination", f"{folder}/artifacts"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with running(command, folder / "mlflow-server.log", f"{uri}/health", quiet):
        yield uri
