"""Models as players."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.board_games.exact import every_line, expected_strikes
from components.board_games.games import make_game
from components.board_games.moves import choose
from components.board_games.players import posterior_greedy
from components.policy_evaluation.policy_model import SavedModelPolicy, TflitePlayer
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from noria.errors import DataError
from tests.components.policy_evaluation.policies import (
    first_empty,
    linear,
    positions,
    posterior,
    save_policy,
)

GAMES = ["plane_strike", "tic_tac_toe"]


@pytest.mark.parametrize("game", GAMES)
def test_takes_the_highest_score_among_empty_cells(game: str, tmp_path: Path) -> None:
    spec = make_game(game).spec
    policy = SavedModelPolicy.load(save_policy(tmp_path, game, first_empty), spec)
    boards = positions(game)[:, 0]
    assert (policy.act(boards) == (boards.reshape(len(boards), -1) == 0).argmax(axis=1)).all()
    chances = policy.probabilities(boards)
    assert chances.shape == boards.shape
    assert chances.sum(axis=(1, 2)) == pytest.approx(1)
    assert (chances[boards != 0] == 0).all()


def test_a_model_of_the_posterior_plays_as_the_posterior_greedy_player(tmp_path: Path) -> None:
    spec = make_game("plane_strike").spec
    policy = SavedModelPolicy.load(save_policy(tmp_path, "plane_strike", posterior), spec)
    mean, strikes = expected_strikes(policy)
    expected, greedy = expected_strikes(posterior_greedy)
    assert mean == expected
    assert (strikes == greedy).all()


@pytest.mark.parametrize("game", GAMES)
def test_an_exported_file_plays_the_same_moves(game: str, tmp_path: Path) -> None:
    spec = make_game(game).spec
    model = save_policy(tmp_path / "model", game, linear(spec))
    export(
        model, TfliteExportConfig(formats=("fp16",), check_fp16=False, latency_runs=1), tmp_path / "tflite"
    )
    policy = SavedModelPolicy.load(model, spec)
    player = TflitePlayer(tmp_path / "tflite" / "model.tflite", spec)
    boards = positions(game)[:, 0]
    assert (player.act(boards) == policy.act(boards)).all()
    assert player.act(boards[:0]).shape == (0,)


def test_a_policy_without_a_mask_is_refused_when_it_takes_a_cell_twice(tmp_path: Path) -> None:
    for game, play in (("plane_strike", expected_strikes), ("tic_tac_toe", every_line)):
        spec = make_game(game).spec
        folder = save_policy(tmp_path / game, game, first_empty, masked=False)
        with pytest.raises(DataError, match=r"cell 0, which is not legal"):
            play(SavedModelPolicy.load(folder, spec))


def test_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    spec = make_game("tic_tac_toe").spec
    folder = save_policy(tmp_path, "tic_tac_toe", lambda boards: first_empty(boards) * float("nan"))
    policy = SavedModelPolicy.load(folder, spec)
    boards = np.zeros((2, 3, 3), np.float32)
    with pytest.raises(DataError, match=r"2 of 2 boards a score that is no finite number"):
        choose(policy, spec, boards, np.ones((2, 9), bool))


def test_a_policy_of_another_game_is_refused(tmp_path: Path) -> None:
    folder = save_policy(tmp_path / "model", "tic_tac_toe", first_empty)
    with pytest.raises(DataError, match=r"trained on the game 'tic_tac_toe', not 'plane_strike'"):
        SavedModelPolicy.load(folder, make_game("plane_strike").spec)
    posing = save_policy(tmp_path / "posing", "tic_tac_toe", first_empty, facts={"game": "plane_strike"})
    with pytest.raises(DataError, match=r"has the tensors .*\(1, 3, 3\).*, expected .*\(1, 8, 8\)"):
        SavedModelPolicy.load(posing, make_game("plane_strike").spec)


def test_a_model_without_a_batch_signature_is_refused(tmp_path: Path) -> None:
    folder = save_policy(tmp_path, "tic_tac_toe", first_empty)
    module = tf.saved_model.load(str(folder.saved_model))
    tf.saved_model.save(
        module,
        str(folder.saved_model),
        signatures={"serving_default": module.signatures["serving_default"]},
    )
    with pytest.raises(DataError, match="has no signature 'batch'"):
        SavedModelPolicy.load(folder, make_game("tic_tac_toe").spec)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no file .*model\.tflite"):
        TflitePlayer(tmp_path / "model.tflite", make_game("tic_tac_toe").spec)
