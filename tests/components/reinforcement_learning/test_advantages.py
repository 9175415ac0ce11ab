"""Returns and advantages worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from components.reinforcement_learning.advantages import (
    generalised_advantages,
    mean_advantages,
    returns_ahead,
)


def test_returns_of_one_player_add_up() -> None:
    rewards = np.array([[-1, -1], [-1, -1], [-1, 0]], np.float32)
    assert returns_ahead(rewards, 1.0).tolist() == [[-3, -2], [-2, -1], [-1, 0]]
    assert returns_ahead(rewards, 0.5)[0].tolist() == [-1.75, -1.5]


def test_what_the_next_one_wins_this_one_loses() -> None:
    rewards = np.array([[0], [0], [1], [0]], np.float32)
    assert returns_ahead(rewards, -1.0)[:, 0].tolist() == [1, -1, 1, 0]
    assert returns_ahead(rewards, -0.5)[:, 0].tolist() == [0.25, -0.5, 1, 0]


@pytest.mark.parametrize("factor", [1.0, 0.8, -1.0])
def test_a_trace_of_one_is_return_minus_forecast(factor: float) -> None:
    random = np.random.default_rng(0)
    rewards, values = random.normal(size=(2, 7, 5)).astype(np.float32)
    expected = returns_ahead(rewards, factor) - values
    assert generalised_advantages(rewards, values, factor, 1.0) == pytest.approx(expected, abs=1e-5)


def test_a_trace_of_zero_looks_one_move_ahead() -> None:
    rewards, values = np.array([[1.0], [2.0]], np.float32), np.array([[10.0], [20.0]], np.float32)
    assert generalised_advantages(rewards, values, 0.5, 0.0)[:, 0].tolist() == [1 + 10 - 10, 2 - 20]
    assert generalised_advantages(rewards, values, -0.5, 0.0)[0, 0] == 1 - 10 - 10


def test_the_mean_is_over_games_that_moved() -> None:
    returns, moved = np.array([[1.0, 3.0, 50.0]], np.float32), np.array([[True, True, False]])
    assert mean_advantages(returns, moved)[0, :2].tolist() == [-1, 1]
