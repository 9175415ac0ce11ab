"""Where the plane can lie, how a game of it goes, and what is known of it along the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.board_games.plane_strike import PlaneStrike, PlaneStrikeBatch, hit_probability, placements
from tests.components.board_games.playing import SEEDS, played


def rows_of(text: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in text.split()])


UP = rows_of(".#. ### .#. ###")


def test_there_are_115_placements_and_every_heading_has_a_quarter() -> None:
    planes, chances = placements()
    assert planes.shape == (115, 64)
    assert (planes.sum(axis=1) == 8).all()
    assert len(np.unique(planes, axis=0)) == 115
    sizes = [30, 25, 30, 30]
    assert [part.sum() for part in np.split(chances, np.cumsum(sizes)[:-1])] == pytest.approx([0.25] * 4)
    assert np.split(chances, np.cumsum(sizes)[:-1])[1] == pytest.approx(1 / 100)


def test_placements_are_the_four_turns_of_one_shape_wherever_there_is_room() -> None:
    expected = set()
    for turns in range(4):
        shape = np.rot90(UP, turns)
        height, width = shape.shape
        for top in range(9 - height):
            # Heading up, TensorFlow's generator leaves the last column of cores out.
            for left in range(9 - width - (turns == 0)):
                board = np.zeros((8, 8), bool)
                board[top : top + height, left : left + width] = shape
                expected.add(board.tobytes())
    assert {plane.tobytes() for plane in placements()[0]} == expected


def test_placements_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        placements()[0][0, 0] = True


def test_planes_are_drawn_with_their_probabilities() -> None:
    batch = PlaneStrike().start(40_000, np.random.default_rng(1))
    for cell in range(64):
        batch.play(np.full(40_000, cell))
    hits = (batch.observe().reshape(-1, 64) == 1).astype(np.int64)
    planes, chances = placements()
    drawn = np.bincount((hits @ planes.T).argmax(axis=1), minlength=115) / 40_000
    assert drawn == pytest.approx(chances, abs=0.003)
    # Not every placement alike: that would be 25 of 115 heading up. The standard error is 0.002.
    assert drawn[30:55].sum() == pytest.approx(0.25, abs=0.01)


@settings(deadline=None)
@given(SEEDS)
def test_the_return_is_minus_the_number_of_strikes(seed: int) -> None:
    random = np.random.default_rng(seed)
    planes = placements()[0][random.integers(0, 115, 5)]
    order = random.permuted(np.tile(np.arange(64), (5, 1)), axis=1)
    batch = PlaneStrikeBatch(planes)
    returns = np.zeros(5)
    for cells in order.T:
        returns += batch.play(cells)
    # Over with the last cell of the plane.
    last = np.take_along_axis(planes, order, axis=1) * np.arange(1, 65)
    np.testing.assert_array_equal(-returns, last.max(axis=1))
    np.testing.assert_array_equal((batch.observe() == 1).reshape(5, 64), planes)


def test_before_any_strike_the_posterior_is_the_prior() -> None:
    planes, chances = placements()
    assert hit_probability(np.zeros((2, 8, 8), np.float32)) == pytest.approx(
        np.tile(chances @ planes, (2, 1))
    )


@settings(deadline=None)
@given(SEEDS, st.integers(0, 40))
def test_the_posterior_is_the_share_of_placements_that_agree(seed: int, moves: int) -> None:
    seen = played("plane_strike", 4, moves, seed).observe()
    posterior = hit_probability(seen)
    planes, chances = placements()
    for flat, row in zip(seen.reshape(4, 64), posterior, strict=True):
        agrees = np.array([plane[flat == 1].all() and not plane[flat == -1].any() for plane in planes])
        assert row == pytest.approx(chances[agrees] @ planes[agrees] / chances[agrees].sum())
        assert (row[flat == 1] == 1).all()
        assert row.sum() == pytest.approx(8)


def test_nothing_is_likely_where_no_placement_agrees() -> None:
    seen = np.zeros((1, 8, 8), np.float32)
    seen[0, 0, 0] = seen[0, 7, 7] = 1
    assert not hit_probability(seen).any()


@settings(deadline=None)
@given(SEEDS, st.integers(0, 40))
def test_equally_likely_cells_compare_as_equal(seed: int, moves: int) -> None:
    for row in hit_probability(played("plane_strike", 4, moves, seed).observe()):
        # Of at most 600 equal parts each, so values that differ do so by 1/600 at least.
        assert (np.diff(np.unique(row)) > 1e-3).all()
