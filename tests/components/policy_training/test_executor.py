"""The whole step on the real games: what is handed on, and that its file plays as the model does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components import tracking
from components.board_games.exact import reachable_positions
from components.model_folder import ModelFolder
from components.policy_training.config import PolicyTrainingConfig
from components.policy_training.executor import Executor
from components.policy_training.objectives import argmax_player, objective_of
from components.saved_model import SavedModelRunner
from components.signature_contract import contract_of
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from tests.components.policy_training.conftest import small_config

# Two trainings on real games, and their export.
pytestmark = pytest.mark.slow


def run_executor(config: PolicyTrainingConfig, folder: Path) -> ModelFolder:
    folder.mkdir(parents=True)
    with tracking.recording({"model": folder}):
        Executor().run(config, {}, {"model": folder})
    return ModelFolder.load(folder)


@pytest.fixture(scope="module", params=["plane_strike", "tic_tac_toe"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    home = tmp_path_factory.mktemp("home")
    config = small_config(
        game=request.param, games=128, updates=30, hidden=(64,), learning_rate=0.005, minibatch=512
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORIA_HOME", str(home))
        folder = run_executor(config, tmp_path_factory.mktemp("out") / "model")
    # Nothing is left to go on from.
    assert not list(home.rglob("*.npz"))
    return folder


def test_card_and_examples(model: ModelFolder) -> None:
    card, game = model.card, model.card.facts["game"]
    side = {"plane_strike": 8, "tic_tac_toe": 3}[game]
    assert card.signature.inputs["board"].shape == (1, side, side)
    assert card.signature.outputs["scores"].shape == (1, side * side)
    assert (card.task, card.primary_output, card.keras) == ("classification", "scores", 2)
    assert card.facts["updates"] in (10, 20, 30)
    boards = model.examples()["board"][:, 0]
    assert set(np.unique(boards)) <= {-1.0, 0.0, 1.0}
    assert len(np.unique(boards, axis=0)) == len(boards)
    # What can be met in tic-tac-toe by one deterministic player is less than 500 positions.
    assert 30 < len(boards) <= 500
    if game == "plane_strike":
        assert len(boards) >= 100


def test_calibration_is_other_play(model: ModelFolder) -> None:
    calibration = model.calibration()
    assert calibration is not None
    others, boards = calibration["board"][:, 0], model.examples()["board"][:, 0]
    assert 1 <= len(others) <= 500
    assert not {board.tobytes() for board in others} & {board.tobytes() for board in boards}
    assert model.labels() is None
    side = boards.shape[1]
    assert contract_of(model, None).parameters == {"board": f"float32[1, {side}, {side}]"}


def test_it_learned_something(model: ModelFolder) -> None:
    reached = model.card.facts["objective"]
    if model.card.facts["game"] == "plane_strike":
        # Random play: 57.8.
        assert reached["expected_strikes"] < 32
    else:
        # Random play scores 0.
        assert reached["score"] > 0.45


def test_the_saved_model_is_the_one_that_was_measured(model: ModelFolder) -> None:
    game = model.card.facts["game"]
    batch = tf.saved_model.load(str(model.saved_model)).signatures["batch"]

    def scores(boards: np.ndarray) -> np.ndarray:
        return batch(board=tf.constant(boards))["scores"].numpy()

    player = argmax_player(scores)
    measured = objective_of(game).evaluate(player)
    for name, value in model.card.facts["objective"].items():
        assert measured[name] == value
    one = SavedModelRunner(model.saved_model)
    boards = model.examples(20)["board"]
    for board in boards:
        assert one({"board": board})["scores"] == pytest.approx(scores(board), abs=1e-5)
        assert board.reshape(-1)[one({"board": board})["scores"].argmax()] == 0
    if game == "tic_tac_toe":
        assert len(model.examples()["board"]) == min(500, len(reachable_positions(player)))


def test_the_exported_file_agrees(model: ModelFolder, tmp_path: Path) -> None:
    result = export(model, TfliteExportConfig(formats=("fp16",), max_examples=100, latency_runs=2), tmp_path)
    found = {name: value for name, value in result.record.metrics.items() if "agree" in name}
    assert found
    # An untrained policy's best two scores may be closer than half precision tells.
    assert min(found.values()) >= 0.95


def test_metrics_and_pictures_are_reported(model: ModelFolder) -> None:
    records = [json.loads(line) for line in (model.path / "_records.jsonl").read_text().splitlines()]
    panels = objective_of(model.card.facts["game"]).panels
    for name in (*panels, "entropy", "policy_loss", "sampled_return"):
        assert [r["epoch"] for r in records if r.get("name") == name] == [10, 20, 30]
    assert {r["path"] for r in records if r["kind"] == "artifact"} == {"report.html", "learning_curve.png"}
    page = (model.path / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<img") == 1
