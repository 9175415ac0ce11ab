"""How a step learns of its MLflow run."""

import json
import threading
import time

import pytest

from components import mlflow_context
from noria.errors import NoriaError


def test_given_by_the_platform(monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "abc")
    assert mlflow_context.run_id(0.1) == "abc"


def test_outside_a_pipeline(monkeypatch):
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.delenv("NORIA_MLFLOW_CONTEXT", raising=False)
    assert mlflow_context.run_id(0.1) is None


def test_appears_later_or_never(monkeypatch, tmp_path):
    path = tmp_path / "mlflow.json"
    path.write_text(json.dumps({"run_id": ""}))
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.setenv("NORIA_MLFLOW_CONTEXT", str(path))
    with pytest.raises(NoriaError, match="does not answer"):
        mlflow_context.run_id(timeout=0.1)

    def write():
        time.sleep(0.2)
        path.write_text(json.dumps({"run_id": "abc"}))

    threading.Thread(target=write).start()
    assert mlflow_context.run_id(timeout=10) == "abc"
