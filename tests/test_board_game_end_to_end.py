"""The whole board_game pipeline through the command line, with few updates, MLflow included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.board_games.exact import every_line, expected_strikes, reachable_positions
from components.board_games.games import make_game
from components.board_games.moves import choose
from components.evaluation_record import EvaluationRecord
from components.model_folder import ModelFolder
from components.policy_evaluation.policy_model import SavedModelPolicy, TflitePlayer
from tests.whole_runs import Noria

CONFIG = Path(__file__).parent / "data" / "board-game-small.yaml"
STEPS = ["policy_training", "tflite_export", "device_check", "policy_evaluation", "model_promotion"]
GAMES = ["plane_strike", "tic_tac_toe"]
# So few updates that it loses; a player that loses is not promoted.
TIC_TAC_TOE = (
    *("--set", "game=tic_tac_toe", "--set", "promotion.registered_model=small-loser"),
    *("--set", "training.updates=2", "--set", "training.games=16"),
    *("--set", "promotion.gates=[{kind: maximum, metric: tflite_losses, value: 0}]"),
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def runs(noria: Noria) -> dict[str, Any]:
    """One run to the end per game."""
    arguments = ["run", "board_game", "--config", str(CONFIG)]
    return {
        "plane_strike": noria.json(*arguments),
        "tic_tac_toe": noria.json(*arguments, *TIC_TAC_TOE),
    }


def players(run: Any, game: str) -> tuple[SavedModelPolicy, TflitePlayer]:
    spec = make_game(game).spec
    artifacts = {name: Path(path) for name, path in run["artifacts"].items()}
    model = SavedModelPolicy.load(ModelFolder.load(artifacts["model"]), spec)
    return model, TflitePlayer(artifacts["tflite"] / "model.tflite", spec)


@pytest.mark.parametrize("game", GAMES)
def test_runs_to_the_end(runs: dict[str, Any], game: str) -> None:
    run = runs[game]
    assert run["state"] == "succeeded"
    assert [step["name"] for step in run["steps"]] == STEPS
    assert {step["state"] for step in run["steps"]} == {"succeeded"}
    assert not any(step["cached"] for step in run["steps"])


def test_says_what_it_measured(runs: dict[str, Any]) -> None:
    metrics = runs["plane_strike"]["metrics"]
    assert 8 < metrics["test_expected_strikes"] < 40
    assert metrics["baseline_random_expected_strikes"] == pytest.approx(57.78, abs=0.01)
    assert metrics["baseline_posterior_greedy_expected_strikes"] == pytest.approx(11.92, abs=0.01)
    metrics = runs["tic_tac_toe"]["metrics"]
    assert -1 <= metrics["baseline_random_score"] < metrics["baseline_perfect_score"] <= 1
    assert metrics["baseline_perfect_losses"] == 0
    assert metrics["test_wins"] + metrics["test_draws"] + metrics["test_losses"] > 0


def test_what_it_tells_is_what_the_handed_on_files_do(runs: dict[str, Any]) -> None:
    model, file = players(runs["plane_strike"], "plane_strike")
    metrics = runs["plane_strike"]["metrics"]
    assert metrics["test_expected_strikes"] == pytest.approx(expected_strikes(model)[0])
    assert metrics["tflite_expected_strikes"] == pytest.approx(expected_strikes(file)[0])
    model, file = players(runs["tic_tac_toe"], "tic_tac_toe")
    metrics = runs["tic_tac_toe"]["metrics"]
    for player, prefix in ((model, "test"), (file, "tflite")):
        outcomes = every_line(player)
        assert (metrics[f"{prefix}_losses"], metrics[f"{prefix}_wins"]) == (outcomes.losses, outcomes.wins)
    record = EvaluationRecord.load(Path(runs["tic_tac_toe"]["artifacts"]["evaluation"]))
    assert len(record.details["lost_lines"]) == metrics["test_losses"]


@pytest.mark.parametrize("game", GAMES)
def test_the_exported_file_plays_whole_games_as_the_model_does(runs: dict[str, Any], game: str) -> None:
    model, file = players(runs[game], game)
    batch = make_game(game).start(32, np.random.default_rng(0))
    random = np.random.default_rng(1)
    moves, same, asked = 0, 0, 0
    while not batch.over().all():
        going = ~batch.over()
        boards, legal = batch.observe()[going], batch.legal()[going]
        chosen = choose(file, batch.spec, boards, legal)
        same += same_moves(model, boards, chosen)
        asked += len(boards)
        if game == "tic_tac_toe" and moves % 2:
            # The other side plays at random, so that games differ.
            chosen = (random.random(legal.shape) * legal).argmax(axis=1)
        actions = np.zeros(len(going), np.int64)
        actions[going] = chosen
        batch.play(actions)
        moves += 1
    assert moves >= (8 if game == "plane_strike" else 5)
    assert same > 0.9 * asked


def test_the_exported_file_answers_every_position_of_tic_tac_toe(runs: dict[str, Any]) -> None:
    model, file = players(runs["tic_tac_toe"], "tic_tac_toe")
    boards = reachable_positions(None)
    chosen = choose(file, file.spec, boards, boards.reshape(len(boards), -1) == 0)
    assert same_moves(model, boards, chosen) > 0.9 * len(boards)


def same_moves(model: SavedModelPolicy, boards: Any, chosen: Any) -> int:
    """How many moves are the model's; weights in half precision turn what is all but a tie, nothing else."""
    scores = model.scores(boards)
    best = scores.max(axis=1)
    taken = scores[np.arange(len(boards)), chosen]
    assert taken == pytest.approx(best, abs=0.01)
    return int((taken == best).sum())


def test_promotes_by_its_gates(runs: dict[str, Any]) -> None:
    (promotion,) = runs["plane_strike"]["promotions"]
    assert [gate["passed"] for gate in promotion["gates"]] == [True] * 5
    assert promotion["promoted"]
    (promotion,) = runs["tic_tac_toe"]["promotions"]
    losses = runs["tic_tac_toe"]["metrics"]["tflite_losses"]
    assert promotion["gates"][0]["got"] == losses > 0
    assert not promotion["promoted"]


@pytest.mark.parametrize("game", GAMES)
def test_reports_open_without_a_network(runs: dict[str, Any], game: str) -> None:
    pages = [path for path in runs[game]["reports"] if path.endswith(".html")]
    assert len(pages) == len(STEPS)
    for page in pages:
        text = Path(page).read_text()
        assert "https://" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_an_unchanged_run_is_cached_and_tells_the_same(noria: Noria, runs: dict[str, Any]) -> None:
    again = noria.json("run", "board_game", "--config", str(CONFIG))
    assert all(step["cached"] for step in again["steps"])
    assert again["metrics"] == runs["plane_strike"]["metrics"]
    assert again["artifacts"] == runs["plane_strike"]["artifacts"]


def test_the_champion_plays_beside_the_next(noria: Noria, runs: dict[str, Any]) -> None:
    first = runs["plane_strike"]["metrics"]
    second = noria.json("run", "board_game", "--config", str(CONFIG), "--set", "training.seed=1")["metrics"]
    assert second["test_expected_strikes"] != first["test_expected_strikes"]
    assert second["champion_test_expected_strikes"] == pytest.approx(first["test_expected_strikes"])


def test_another_game_in_a_step_ends_before_anything_is_computed(noria: Noria) -> None:
    process = noria.start("run", "board_game", "--config", str(CONFIG), "--set", "training.game=tic_tac_toe")
    out, err = process.communicate(timeout=300)
    assert process.returncode != 0
    assert "leave training.game out" in out + err
    assert "Traceback" not in out + err
