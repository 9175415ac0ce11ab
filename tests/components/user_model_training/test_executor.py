"""The whole step: what is handed on, and that simulated users can be made of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from components import tracking
from components.playlist_simulation.observation import ObservationSpec
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.user_model_training.config import UserModelTrainingConfig
from components.user_model_training.executor import Executor
from components.user_model_training.replay import Replay
from components.user_model_training.user_model_folder import UserModelsFacts, load_user_model
from noria.errors import DataError
from orchestration.metric_tables import beside_baselines
from tests.components.user_model_training.conftest import random_log, small_config

# Three trainings, saved models and pictures.
pytestmark = pytest.mark.slow


def run_executor(config: UserModelTrainingConfig, log: SessionLog, folder: Path) -> Path:
    for name in ("sessions", "models"):
        (folder / name).mkdir(parents=True)
    log.save(folder / "sessions")
    with tracking.recording({"user_models": folder / "models"}):
        Executor().run(config, {"sessions": folder / "sessions"}, {"user_models": folder / "models"})
    return folder / "models"


@pytest.fixture(scope="module")
def folder(world_log: SessionLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_executor(small_config(), world_log, tmp_path_factory.mktemp("step"))


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / tracking.RECORDS).read_text().splitlines()]


def test_facts(folder: Path, world_log: SessionLog) -> None:
    facts, spec = UserModelsFacts.load(folder), Catalogue.of(world_log).spec(1)
    assert (facts.state, facts.candidate) == (spec.state, spec.candidate)
    assert facts.longest == world_log.facts.longest
    assert {name: model.memory for name, model in facts.models.items()} == {"sequential": 8, "simple": 0}
    assert facts.chosen == min(facts.models, key=lambda name: facts.models[name].validation["loss"])
    tracks = int(world_log.length[world_log.sessions("test")].sum())
    for model in facts.models.values():
        assert sum(model.completion.tracks) == tracks
        assert model.test["auc_low"] < model.test["auc"] < model.test["auc_high"]
    assert set(facts.baselines) == {"constant", "popularity", "item_knn", "logistic"}


def test_what_is_told(folder: Path) -> None:
    told = records(folder)
    results = {r["name"]: r["value"] for r in told if r["kind"] == "metric" and r["epoch"] is None}
    curves = {r["name"] for r in told if r["kind"] == "metric" and r["epoch"] is not None}
    facts = UserModelsFacts.load(folder)
    assert results["sequential_auc"] == facts.models["sequential"].test["auc"]
    assert {"sequential_train_loss", "simple_valid_loss"} <= curves
    # The command line sets models and baselines side by side by these names.
    (table,) = beside_baselines({str(name): value for name, value in results.items()})
    assert {"sequential", "simple", "baseline item knn", "baseline logistic"} <= set(table.rows)
    assert {"auc", "log_loss", "calibration_error", "leave_auc", "leave_log_loss"} <= set(table.measures)
    assert table.rows["baseline constant"]["leave_log_loss"] == facts.baselines["constant"]["leave_log_loss"]
    shown = {r["path"] for r in told if r["kind"] == "artifact"}
    assert {"report.html", "calibration.png", "leaving.png", "learning_curve_simple.png"} <= shown
    assert "item_knn" in (folder / "report.html").read_text()


@pytest.mark.parametrize("name", ["sequential", "simple"])
def test_the_saved_model_predicts_what_was_measured(folder: Path, world_log: SessionLog, name: str) -> None:
    model = load_user_model(folder, name, Catalogue.of(world_log).spec(7))
    assert model.name == name
    rows = Replay.of(world_log, "test")
    first = rows.first[:-1]
    memory = model.start(rows.state[first])
    chance = model.complete(memory, rows.state[first], rows.chosen[first][:, None])
    after, leaving = model.listen(memory, rows.state[first], rows.chosen[first], rows.response[first])
    for array, shape in ((memory, (rows.sessions, 8 * (name == "sequential"))), (leaving, (rows.sessions,))):
        assert (array.shape, array.dtype) == (shape, np.float32)
    assert after.shape == memory.shape
    assert chance.shape == (rows.sessions, 1)
    assert ((chance > 0) & (chance < 1)).all()
    assert ((leaving > 0) & (leaving < 1)).all()


def test_the_chosen_one_is_loaded_by_default(folder: Path) -> None:
    assert (
        load_user_model(folder).name
        == load_user_model(folder, "").name
        == UserModelsFacts.load(folder).chosen
    )


def test_what_cannot_be_loaded(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no user_models"):
        load_user_model(tmp_path)
    with pytest.raises(DataError, match="no user model 'oracle', only sequential, simple"):
        load_user_model(folder, "oracle")
    with pytest.raises(DataError, match=r"does not know \['mood'\]"):
        load_user_model(folder, None, ObservationSpec(("mood",), ("popularity",), 3))


def test_a_configured_choice(tmp_path: Path) -> None:
    log = random_log(0, sessions=60)
    config = small_config(models=("simple",), chosen="simple", epochs=1)
    folder = run_executor(config, log, tmp_path)
    assert UserModelsFacts.load(folder).chosen == "simple"
    assert not (folder / "sequential").exists()


def test_tracks_of_one_answer_are_no_obstacle(tmp_path: Path) -> None:
    # No test track is skipped, sessions have one track: there is no order to measure and no leaving.
    log = random_log(1, sessions=60, longest=1)
    log.response[:] = 1.0
    folder = run_executor(small_config(epochs=1), log, tmp_path)
    facts = UserModelsFacts.load(folder)
    assert np.isnan(facts.models["simple"].test["auc"])
    assert np.isnan(facts.models["simple"].test["leave_auc"])
