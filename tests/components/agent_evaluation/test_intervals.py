"""Intervals cover what they should, on distributions whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.agent_evaluation.intervals import Bootstrap, Interval


def coverage(make: object, truth: float, trials: int = 400) -> float:
    rng = np.random.default_rng(0)
    found = [make(rng, trial) for trial in range(trials)]  # type: ignore[operator]
    return float(np.mean([i.low <= truth <= i.high for i in found]))


def test_a_mean_is_covered() -> None:
    def once(rng: np.random.Generator, trial: int) -> Interval:
        return Bootstrap(100, 400, trial).mean(rng.exponential(2.0, 100))

    assert 0.91 <= coverage(once, 2.0) <= 0.98


def test_a_ratio_over_sessions_is_covered() -> None:
    # Tracks of a session are alike: an interval over tracks would be far too narrow.
    def once(rng: np.random.Generator, trial: int) -> Interval:
        tracks = rng.integers(1, 20, 100)
        chance = rng.beta(1.0, 1.0, 100)
        return Bootstrap(100, 400, trial).ratio(rng.binomial(tracks, chance), tracks)

    assert 0.90 <= coverage(once, 0.5) <= 0.98


def test_seeds_are_part_of_what_varies() -> None:
    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(0, 1.0, (5, 1)) + rng.normal(0, 3.0, (5, 200))

    def over_both(rng: np.random.Generator, trial: int) -> Interval:
        return Bootstrap(200, 400, trial).over_seeds(draw(rng))

    def over_sessions(rng: np.random.Generator, trial: int) -> Interval:
        return Bootstrap(200, 400, trial).mean(draw(rng).mean(axis=0))

    both, sessions = coverage(over_both, 0.0), coverage(over_sessions, 0.0)
    # A percentile interval of five seeds is short by what a t distribution would add.
    assert 0.85 <= both <= 0.98
    assert sessions < 0.5


def test_one_seed_is_an_interval_over_sessions() -> None:
    values = np.random.default_rng(1).normal(size=50)
    assert Bootstrap(50, 300, 0).over_seeds(values[None]) == Bootstrap(50, 300, 0).mean(values)


def test_pairs_stay_pairs() -> None:
    values = np.random.default_rng(2).normal(size=80) * 100
    gain = Bootstrap(80, 200, 0).mean(values + 1.0 - values)
    assert gain == Interval(pytest.approx(1.0), pytest.approx(1.0), pytest.approx(1.0))


def test_nothing_to_divide_by() -> None:
    found = Bootstrap(5, 100, 0).ratio(np.ones(5), np.zeros(5))
    assert np.isnan([found.value, found.low, found.high]).all()


@given(st.integers(1, 40), st.integers(0, 10), st.floats(-10, 10), st.floats(0.1, 5))
def test_shift_and_scale(sessions: int, seed: int, shift: float, scale: float) -> None:
    values = np.random.default_rng(seed).normal(size=sessions)
    bootstrap = Bootstrap(sessions, 100, seed)
    plain, moved = bootstrap.mean(values), bootstrap.mean(scale * values + shift)
    for name in ("value", "low", "high"):
        assert getattr(moved, name) == pytest.approx(scale * getattr(plain, name) + shift, abs=1e-4)
    assert plain.low <= plain.value + 1e-6 or sessions < 5
    assert plain.low <= plain.high


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(3).normal(size=30)
    assert Bootstrap(30, 200, 4).mean(values) == Bootstrap(30, 200, 4).mean(values)
    assert Bootstrap(30, 200, 4).mean(values) != Bootstrap(30, 200, 5).mean(values)


def test_an_interval_does_not_depend_on_those_before() -> None:
    values = np.random.default_rng(6).normal(size=(4, 30))
    bootstrap = Bootstrap(30, 200, 4)
    assert bootstrap.over_seeds(values) == bootstrap.over_seeds(values)


def test_a_ratio_over_seeds_is_one_of_sums() -> None:
    rng = np.random.default_rng(7)
    above, below = rng.integers(0, 5, (3, 40)), rng.integers(1, 9, (3, 40))
    found = Bootstrap(40, 200, 0).ratio_over_seeds(above, below)
    assert found.value == pytest.approx(above.sum() / below.sum())
    assert found.low < found.value < found.high


def test_sessions_of_a_user_are_drawn_together() -> None:
    # Sessions of a user are alike: 300 sessions of 60 users tell less than 300 users would.
    users = np.repeat(np.arange(60), 5)

    def draw(rng: np.random.Generator) -> np.ndarray:
        return rng.normal(0, 1.0, 60)[users] + rng.normal(0, 0.5, 300)

    def together(rng: np.random.Generator, trial: int) -> Interval:
        return Bootstrap(300, 300, trial, users).mean(draw(rng))

    def apart(rng: np.random.Generator, trial: int) -> Interval:
        return Bootstrap(300, 300, trial).mean(draw(rng))

    assert 0.90 <= coverage(together, 0.0) <= 0.98
    assert coverage(apart, 0.0) < 0.8
