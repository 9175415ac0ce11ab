"""MLflow's server as a child of the dashboard: on a socket of its owner's, gone when the dashboard is.

``python -m dashboard.mlflow_child HOME SOCKET``. Standard input is a pipe from the dashboard; its end,
however the dashboard ended, ends the server and all its processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from noria.home import Home
from orchestration.mlflow_server import ENVIRONMENT, connect

_PATIENCE = 5.0
PREFIX = "/mlflow"


def server_command(home: Home, database: str, socket: Path) -> list[str]:
    """The command line of MLflow's server."""
    return [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1", "--static-prefix", PREFIX),
        *("--backend-store-uri", database or f"sqlite:///{home.mlflow_db}"),
        *("--artifacts-destination", home.mlflow_artifacts.as_uri()),
        # The socket takes precedence over host and port, which others on this machine could reach.
        *("--host", "127.0.0.1", "--uvicorn-opts", f"--uds {socket} --no-access-log"),
    ]


def main() -> None:
    """Serves until standard input ends."""
    home, socket = Home(Path(sys.argv[1])), Path(sys.argv[2])
    database = os.environ.get("MLFLOW_TRACKING_URI", "")
    connect(home, database)
    # Eight processes for jobs that nobody submits here, and deprecations inside MLflow, help no reader.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(
        server_command(home, database, socket),
        stdin=subprocess.DEVNULL,
        env={**os.environ, **ENVIRONMENT, **quiet},
    )
    threading.Thread(target=_end_with_input, args=(server,), daemon=True).start()
    sys.exit(server.wait())


def _end_with_input(server: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    server.terminate()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # This process leads the group: whatever MLflow has started ends with it.
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
