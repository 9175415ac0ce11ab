"""Players to compare with: legal, and as good as they claim."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.board_games.exact import count_lines, every_line, reachable_positions, score_against_random
from components.board_games.game import Actions, Bools, Floats
from components.board_games.moves import choose, drawn
from components.board_games.plane_strike import SPEC as PLANE_STRIKE
from components.board_games.plane_strike import hit_probability
from components.board_games.players import perfect_player, posterior_greedy, random_player, solution
from components.board_games.tic_tac_toe import SPEC, board_keys
from noria.errors import DataError
from tests.components.board_games.playing import NAMES, SEEDS, played

WINS = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
Board = tuple[int, ...]


def moved(board: Board, cell: int) -> Board:
    """What the other side sees after a stone on that cell."""
    return tuple(-(1 if i == cell else value) for i, value in enumerate(board))


@cache
def solved(board: Board) -> tuple[int, float]:
    """Plain recursive minimax: the value, and the score of the best such moves against a random opponent."""
    if any(all(board[i] == -1 for i in line) for line in WINS):
        return -1, -1.0
    options = [(-solved(child)[0], answered(child)) for child in children(board)]
    return max(options) if options else (0, 0.0)


@cache
def answered(board: Board) -> float:
    """Score of whoever made the last move when the other answers at random."""
    if any(all(board[i] == -1 for i in line) for line in WINS):
        return 1.0
    scores = [solved(child)[1] for child in children(board)]
    return sum(scores) / len(scores) if scores else 0.0


def children(board: Board) -> list[Board]:
    return [moved(board, cell) for cell in range(9) if board[cell] == 0]


@settings(deadline=None)
@given(NAMES, SEEDS, st.integers(0, 64))
def test_players_choose_legal_actions(name: str, seed: int, moves: int) -> None:
    batch = played(name, 6, moves, seed)
    strong = posterior_greedy if name == "plane_strike" else perfect_player
    for player in (random_player(np.random.default_rng(seed)), strong):
        actions = player(batch.observe(), batch.legal())
        assert actions.dtype == np.int64
        batch_rows = np.flatnonzero(~batch.over())
        assert batch.legal()[batch_rows, actions[batch_rows]].all()


def test_the_random_player_is_uniform_over_legal_actions() -> None:
    legal = np.tile(np.arange(9) % 2 == 0, (20_000, 1))
    actions = random_player(np.random.default_rng(0))(np.zeros((20_000, 3, 3), np.float32), legal)
    shares = np.bincount(actions, minlength=9) / 20_000
    assert shares == pytest.approx(np.where(legal[0], 0.2, 0), abs=0.02)


@settings(deadline=None)
@given(SEEDS, st.integers(0, 30))
def test_posterior_greedy_takes_the_first_of_the_likeliest_untried_cells(seed: int, moves: int) -> None:
    batch = played("plane_strike", 6, moves, seed)
    running = ~batch.over()
    seen, legal = batch.observe()[running], batch.legal()[running]
    chances = np.where(legal, hit_probability(seen), -1)
    chosen = posterior_greedy(seen, legal)
    for row, cell in zip(chances, chosen, strict=True):
        assert row[cell] == row.max()
        assert (row[:cell] < row[cell]).all()


def test_the_solution_is_that_of_plain_minimax() -> None:
    positions = reachable_positions(None)
    values, actions = solution()
    keys = board_keys(positions.reshape(-1, 9))
    for board, value, action in zip(positions.reshape(-1, 9), values[keys], actions[keys], strict=True):
        seen: Board = tuple(int(cell) for cell in board)
        child = moved(seen, int(action))
        assert solved(seen) == (value, pytest.approx(answered(child)))
        assert -solved(child)[0] == value


def test_the_perfect_player_never_loses_and_draws_against_itself() -> None:
    outcomes = every_line(perfect_player)
    assert outcomes.losses == 0
    assert outcomes.wins > outcomes.draws > 0
    itself = count_lines(perfect_player, perfect_player)
    assert (itself.wins, itself.draws, itself.losses) == (0, 1, 0)


def test_the_perfect_player_scores_what_minimax_expects() -> None:
    empty: Board = (0,) * 9
    follows = np.mean([solved(child)[1] for child in children(empty)])
    assert score_against_random(perfect_player) == pytest.approx((solved(empty)[1] + follows) / 2)


def test_a_choice_that_is_not_legal_names_the_position() -> None:
    seen = np.array([[[1, 0, 0], [0, -1, 0], [0, 0, 0]]], np.float32).repeat(2, axis=0)

    def occupied(_observations: Floats, _legal: Bools) -> Actions:
        return np.array([1, 4])

    told = re.escape("chose cell 4, which is not legal, in the position +../.-./...")
    with pytest.raises(DataError, match=told):
        choose(occupied, SPEC, seen, seen.reshape(2, 9) == 0)


@pytest.mark.parametrize("cell", [-1, 9])
def test_a_choice_outside_the_board_is_not_legal(cell: int) -> None:
    with pytest.raises(DataError, match=f"chose cell {cell}"):
        choose(lambda *_: np.array([cell]), SPEC, np.zeros((1, 3, 3), np.float32), np.ones((1, 9), bool))


@pytest.mark.parametrize("answer", [np.zeros(1), np.zeros(2, np.int64), np.zeros((1, 64), np.int64)])
def test_an_answer_of_another_kind_is_refused(answer: np.ndarray) -> None:
    with pytest.raises(DataError, match="expected one whole number for each of 1 positions"):
        choose(lambda *_: answer, PLANE_STRIKE, np.zeros((1, 8, 8), np.float32), np.ones((1, 64), bool))


def test_a_position_is_drawn_row_by_row() -> None:
    assert drawn(np.array([[1, 0], [-1, 1]], np.float32)) == "+./-+"
