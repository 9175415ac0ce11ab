"""Lines, turns and sides of tic-tac-toe."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.board_games.tic_tac_toe import LINES, TicTacToeBatch, board_keys, has_line
from tests.components.board_games.playing import SEEDS, played

STONES = st.lists(st.booleans(), min_size=9, max_size=9).map(np.array)


def after(*cells: int) -> TicTacToeBatch:
    batch = TicTacToeBatch(1)
    for cell in cells:
        batch.play(np.array([cell]))
    return batch


def test_there_are_eight_lines() -> None:
    expected = {(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)}
    assert {tuple(line) for line in LINES.tolist()} == expected


@settings(deadline=None)
@given(STONES, st.integers(0, 3), st.booleans())
def test_a_line_stays_one_when_the_board_is_turned(stones: np.ndarray, turns: int, flip: bool) -> None:
    board = np.rot90(stones.reshape(3, 3), turns)
    turned = board[::-1] if flip else board
    assert has_line(turned.reshape(9)) == has_line(stones)


def test_three_in_a_row_win_for_either_side() -> None:
    first = TicTacToeBatch(1)
    assert [first.play(np.array([cell]))[0] for cell in (0, 3, 1, 4, 2)] == [0, 0, 0, 0, 1]
    assert first.over()[0]
    second = TicTacToeBatch(1)
    assert [second.play(np.array([cell]))[0] for cell in (8, 3, 0, 4, 1, 5)] == [0, 0, 0, 0, 0, 1]
    assert second.over()[0]


def test_a_full_board_without_a_line_is_a_draw() -> None:
    batch = TicTacToeBatch(1)
    rewards = [batch.play(np.array([cell]))[0] for cell in (0, 1, 2, 4, 3, 5, 7, 6, 8)]
    assert not any(rewards)
    assert batch.over()[0]


def test_a_line_made_by_the_last_stone_wins() -> None:
    batch = after(0, 1, 2, 3, 4, 5, 7, 6)
    assert not batch.over()[0]
    assert batch.play(np.array([8]))[0] == 1


def test_the_board_is_seen_from_the_side_of_whoever_moves() -> None:
    assert after(4).observe()[0].tolist() == [[0, 0, 0], [0, -1, 0], [0, 0, 0]]
    assert after(4, 0).observe()[0].tolist() == [[-1, 0, 0], [0, 1, 0], [0, 0, 0]]


@settings(deadline=None)
@given(SEEDS, st.integers(0, 7), st.data())
def test_both_sides_see_the_same_game(seed: int, moves: int, data: st.DataObject) -> None:
    """After a move, the other side sees the same board with every sign turned and one stone more."""
    batch = played("tic_tac_toe", 1, moves, seed)
    if batch.over()[0]:
        return
    before = batch.observe()
    cell = data.draw(st.sampled_from(np.flatnonzero(batch.legal()[0]).tolist()))
    batch.play(np.array([cell]))
    expected = -before
    expected[0, cell // 3, cell % 3] = -1
    if batch.over()[0]:
        return
    np.testing.assert_array_equal(batch.observe(), expected)


@settings(deadline=None)
@given(SEEDS, st.integers(0, 9))
def test_whoever_moves_has_as_many_stones_as_the_other_or_one_less(seed: int, moves: int) -> None:
    seen = played("tic_tac_toe", 8, moves, seed).observe()
    stones = (seen != 0).sum(axis=(1, 2))
    np.testing.assert_array_equal(seen.sum(axis=(1, 2)), -(stones % 2))


def test_every_board_has_its_own_number() -> None:
    boards = np.array(np.meshgrid(*[[-1, 0, 1]] * 9)).reshape(9, -1).T
    assert sorted(board_keys(boards).tolist()) == list(range(3**9))
    assert board_keys(np.zeros(9, np.float32)) == pytest.approx((3**9 - 1) / 2)
