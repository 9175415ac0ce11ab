"""Rollouts: who moves, what is returned, and how moves are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from components.board_games.plane_strike import PlaneStrike
from components.board_games.players import perfect_player, random_player
from components.board_games.tic_tac_toe import TicTacToe
from components.policy_training.actor import choose, play_games
from components.reinforcement_learning.masking import MASKED
from tests.components.policy_training.small_games import Chain


def uniform(boards: np.ndarray) -> np.ndarray:
    flat = boards.reshape(len(boards), -1)
    return np.where(flat != 0, MASKED, 0.0).astype(np.float32)


def test_moves_are_drawn_from_the_softmax() -> None:
    scores = np.tile(np.log([[0.5, 0.2, 1e-30, 0.3]]), (40000, 1)).astype(np.float32)
    scores[:, 2] = MASKED
    counts = np.bincount(choose(scores, np.random.default_rng(0)), minlength=4) / len(scores)
    assert counts[2] == 0
    assert counts == pytest.approx([0.5, 0.2, 0, 0.3], abs=0.015)
    assert choose(scores[:3], None).tolist() == [0, 0, 0]


def test_every_strike_is_a_row_with_the_strikes_to_come_as_its_return() -> None:
    moves = play_games(PlaneStrike(), uniform, 50, np.random.default_rng(1))
    tried = (moves.boards != 0).sum(axis=(1, 2))
    assert (tried == moves.numbers).all()
    assert (moves.boards.reshape(len(moves), -1)[np.arange(len(moves)), moves.actions] == 0).all()
    first = moves.returns[moves.numbers == 0]
    assert len(first) == 50
    # A game of n strikes has n rows.
    assert -first.sum() == len(moves)
    assert moves.score == pytest.approx(first.mean())
    assert -64 <= first.min() <= first.max() <= -8


def test_self_play_has_both_sides_moves() -> None:
    moves = play_games(TicTacToe(), uniform, 500, np.random.default_rng(1))
    assert set(moves.numbers.tolist()) == set(range(9))
    at = {number: moves.returns[moves.numbers == number].mean() for number in (0, 1)}
    # Random play: the first to move wins 58 %, loses 29 %.
    assert at[0] == pytest.approx(0.297, abs=0.1)
    assert at[1] == pytest.approx(-0.297, abs=0.1)


def test_opponents_moves_are_not_learned_from_and_sides_take_turns() -> None:
    random = np.random.default_rng(2)
    moves = play_games(TicTacToe(), uniform, 400, random, opponents={perfect_player: 1.0})
    stones = moves.boards.sum(axis=(1, 2))
    # First to move: as many stones each; second: one fewer.
    assert ((moves.numbers % 2 == 0) == (stones == 0)).all()
    assert (moves.numbers == 0).sum() == (moves.numbers == 1).sum() == 200
    # Nobody wins against a perfect player.
    assert set(np.unique(moves.returns)) <= {-1.0, 0.0}
    assert moves.score < -0.5


def test_shares_of_opponents() -> None:
    random = np.random.default_rng(2)
    opponents = {random_player(random): 0.5, perfect_player: 0.25}
    moves = play_games(TicTacToe(), uniform, 400, random, opponents=opponents)
    # 100 games of self-play and 150 of 300 others begin with a move of the policy.
    assert (moves.numbers == 0).sum() == 250


def test_games_that_end_early_wait_for_the_others() -> None:
    def second_always_wrong(boards: np.ndarray) -> np.ndarray:
        scores = uniform(boards)
        scores += np.where(scores == 0, -10.0 * np.arange(6), 0).astype(np.float32)
        return scores

    moves = play_games(Chain(), second_always_wrong, 8, np.random.default_rng(0), greedy=True)
    assert moves.score == -4
    assert moves.actions.reshape(4, 8).T.tolist() == [[0, 1, 2, 3]] * 8
