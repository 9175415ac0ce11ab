"""A candidate for promotion and a home folder with a store of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from components.evaluation_record import ChampionResult, EvaluationRecord
from components.model_folder import ModelFolder
from components.model_promotion.config import ModelPromotionConfig
from components.model_promotion.promote import Candidate
from components.model_promotion.registry import connect
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from tests.components.saved_models import TwoInputs, save_two_inputs

MakeCandidate = Callable[..., Candidate]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[ModelFolder, Path]]:
    """Two models, each with its exported file."""
    pairs = []
    for seed in range(2):
        folder = tmp_path_factory.mktemp("exported")
        model = save_two_inputs(folder / "model", TwoInputs(seed))
        (folder / "tflite").mkdir()
        export(
            model, TfliteExportConfig(formats=("fp16",), latency_runs=1, check_fp16=False), folder / "tflite"
        )
        pairs.append((model, folder / "tflite"))
    return pairs


@pytest.fixture
def candidate(exported: list[tuple[ModelFolder, Path]]) -> MakeCandidate:
    """Makes a candidate: which of the two models, its accuracy, the champion it was evaluated beside."""

    def make(
        which: int = 0, accuracy: float = 0.8, champion: tuple[str, float] | None = None, tflite: bool = True
    ) -> Candidate:
        model, folder = exported[which]
        record = EvaluationRecord(
            metrics={"test_accuracy": accuracy},
            baselines={"majority": {"test_accuracy": 0.1}},
            champion=ChampionResult(version=champion[0], metrics={"test_accuracy": champion[1]})
            if champion
            else None,
            data_digest="d1",
        )
        return Candidate(model, record, folder if tflite else None)

    return make


@pytest.fixture
def config() -> ModelPromotionConfig:
    """Three gates that an accuracy between 0.5 and 1 passes."""
    return ModelPromotionConfig.model_validate(
        {
            "registered_model": "toy",
            "run_timeout": 1,
            "gates": [
                {"kind": "minimum", "metric": "test_accuracy", "value": 0.5},
                {"kind": "better_than_baselines", "metric": "test_accuracy"},
                {"kind": "not_worse_than_champion", "metric": "test_accuracy"},
            ],
        }
    )


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a fresh MLflow SQLite store; making one takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.sqlite"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path.read_bytes()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: bytes) -> Path:
    """A home folder with an empty MLflow store."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "mlflow.sqlite").write_bytes(empty_store)
    monkeypatch.setenv("NORIA_HOME", str(folder))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "NORIA_MLFLOW_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def client(home: Path) -> MlflowClient:
    """A client of that store."""
    assert home.is_dir()
    return connect()


def start_run(client: MlflowClient, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Starts an MLflow run and makes it the one that steps work in; returns its id."""
    experiment = client.get_experiment_by_name("e")
    location = (home / "mlflow-artifacts").as_uri()
    number = experiment.experiment_id if experiment else client.create_experiment("e", location)
    run: str = client.create_run(number).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run)
    return run


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Fails the test unless ``condition`` holds in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
