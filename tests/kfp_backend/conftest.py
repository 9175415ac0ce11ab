"""KFP's own programs, from the folder that the environment variable KFP_BINARIES names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.kfp_backend.stack import API, MLFLOW, Stack

BINARIES = os.environ.get("KFP_BINARIES", "")
ROOT = Path(__file__).parents[2]
# Run by `make test-kfp` only: they need those programs, root, and half an hour.
collect_ignore_glob = [] if BINARIES else ["test_*.py"]

Noria = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, running."""
    made = Stack(tmp_path_factory.mktemp("kfp") / "stack", Path(BINARIES).resolve(), ROOT)
    try:
        made.start_api()
        made.start_mlflow()
        made.start_controllers()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target ``kind`` at the stack's addresses, with one quick retry."""
    place = yaml.safe_load((ROOT / "configs" / "targets" / "kind.yaml").read_text())
    place.update(host=f"http://{API}:8888", retries={"count": 1, "delay_seconds": 2})
    place["tracking"]["local_uri"] = f"http://{MLFLOW}:5000"
    file = tmp_path_factory.mktemp("target") / "stack.yaml"
    file.write_text(yaml.safe_dump(place))
    return file


@pytest.fixture(scope="session")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    """The command, with a home of its own."""
    names = {"MLFLOW_TRACKING_USERNAME": "noria", "MLFLOW_TRACKING_PASSWORD": "noria"}
    environment = {**os.environ, **names, "NORIA_HOME": str(tmp_path_factory.mktemp("home"))}

    def run(*arguments: object, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.main", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run
