"""The same against a real MLflow server with an artifact proxy."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from components.model_promotion.champion import find_champion
from components.model_promotion.config import ModelPromotionConfig
from components.model_promotion.promote import promote
from components.model_promotion.registry import connect
from tests.components.model_promotion.conftest import MakeCandidate, wait_until


@pytest.fixture
def server(tmp_path: Path, empty_store: bytes) -> Iterator[str]:
    (tmp_path / "server.sqlite").write_bytes(empty_store)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1",
        "--backend-store-uri", f"sqlite:///{tmp_path / 'server.sqlite'}",
        "--artifacts-destination", str(tmp_path / "served"),
    ]  # fmt: skip
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=tmp_path)
    url = f"http://127.0.0.1:{port}"

    def healthy() -> bool:
        assert process.poll() is None, (tmp_path / "server.log").read_text()
        try:
            return bool(urllib.request.urlopen(f"{url}/health", timeout=10).status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    try:
        wait_until(healthy, 300)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


@pytest.mark.slow
@pytest.mark.usefixtures("home")
def test_promotion_through_a_server(
    server: str,
    candidate: MakeCandidate,
    config: ModelPromotionConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    client = connect()
    run = client.create_run(client.create_experiment("graph")).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run)
    assert promote(candidate(), config).promoted
    second = promote(candidate(1, 0.9, champion=("1", 0.8)), config)
    assert second.promoted
    assert second.gates[-1].note.startswith("champion version 1 (")
    assert client.get_run(run).info.status == "RUNNING"
    (tmp_path / "download").mkdir()
    champion = find_champion("toy", tmp_path / "download")
    assert champion is not None
    assert champion.version == "2"
    served = mlflow.pyfunc.load_model("models:/toy@champion")
    assert served.predict(dict(champion.model.examples(3)))["logits"].shape == (3, 1, 5)
