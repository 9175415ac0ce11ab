"""Tests of components/listening_world/world.py, mood.py, offers.py and config.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from components.listening_world.config import EffectsConfig, WorldConfig
from components.listening_world.mood import Mood, sigmoid
from components.listening_world.offers import draw_offers
from components.listening_world.world import DAY, FIRST_DAY, ListeningWorld

SMALL = WorldConfig(users=30, items=80, sessions=300, candidates=8)


def test_the_seed_makes_the_world() -> None:
    one, again = ListeningWorld(SMALL), ListeningWorld(SMALL)
    other = ListeningWorld(SMALL.model_copy(update={"seed": 1}))
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(again, name), err_msg=name)
            assert not np.array_equal(value, getattr(other, name)), name


def test_truth_and_what_is_observed_of_it() -> None:
    world = ListeningWorld(WorldConfig(items=4000, users=50, sessions=100))
    np.testing.assert_allclose(np.linalg.norm(world.vectors, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(world.taste, axis=2), 1.0, rtol=1e-5)
    correlation = np.corrcoef(world.appeal, world.depth)[0, 1]
    assert abs(correlation - world.config.effects.depth_of_appeal) < 0.06
    np.testing.assert_allclose(world.features.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(world.features.std(axis=0), 1.0, rtol=1e-4)
    # Editors note appeal and depth with noise of deviation 0.5: correlation 1 / sqrt(1.25).
    for column, truth in ((-2, world.appeal), (-1, world.depth)):
        assert abs(np.corrcoef(world.features[:, column], truth)[0, 1] - 0.894) < 0.02
    # No column is a dimension of the truth, but all together tell most of it.
    sound = np.concatenate([world.features[:, :-2], np.ones((4000, 1))], axis=1)
    residual = np.linalg.lstsq(sound, world.vectors, rcond=None)[1].sum()
    explained = 1.0 - residual / ((world.vectors - world.vectors.mean(axis=0)) ** 2).sum()
    assert 0.7 < explained < 0.95


def test_tastes_drift() -> None:
    still = ListeningWorld(SMALL.model_copy(update={"effects": EffectsConfig(drift=0.0)}))
    np.testing.assert_allclose(still.taste[:, 0], still.taste[:, -1])
    taste = ListeningWorld(SMALL).taste
    alike = np.einsum("md,md->m", taste[:, 0], taste[:, 1]).mean()
    later = np.einsum("md,md->m", taste[:, 0], taste[:, -1]).mean()
    assert 0.9 < alike < 1.0
    assert later < 0.9


def test_wish_is_taste_of_the_day_in_context() -> None:
    world = ListeningWorld(SMALL)
    starts = FIRST_DAY + np.array([3.9 * DAY, -5.0, 1e9])
    wish = world.wish(np.array([1, 2, 3]), np.array([0, 1, 2]), starts)
    expected = world.taste[[1, 2, 3], [3, 0, SMALL.days - 1]] + world.shift[:3]
    np.testing.assert_array_equal(wish, expected)


def test_mood_follows_its_formulas() -> None:
    """Two tracks, by hand, against docs: fatigue, satisfaction, leaving."""
    world, effects = ListeningWorld(SMALL), SMALL.effects
    mood = Mood(world, 2)
    mood.begin(np.arange(2), world.wish(np.array([4, 5]), np.array([0, 1]), np.full(2, float(FIRST_DAY))))
    first, second, responses = np.array([7, 8]), np.array([9, 9]), np.array([1.0, 0.0], np.float32)
    mood.hear(first, responses)
    leaving = mood.hear(second, 1.0 - responses)
    for row in range(2):
        v1, v2 = world.vectors[first[row]], world.vectors[9]
        fatigue = 0.25 * v1 * 0.75 + 0.25 * v2
        gain1 = effects.depth * world.depth[first[row]] * responses[row]
        satisfaction = 0.9 * gain1 + effects.depth * world.depth[9] * (1 - responses[row])
        np.testing.assert_allclose(mood.fatigue[row], fatigue, rtol=1e-5)
        np.testing.assert_allclose(mood.satisfaction[row], satisfaction, rtol=1e-5)
        odds = effects.leave - effects.leave_satisfaction * satisfaction + effects.leave_skip * responses[row]
        np.testing.assert_allclose(leaving[row], 1 / (1 + np.exp(-odds)), rtol=1e-5)
        expected = (
            effects.intercept
            + effects.taste * mood.wish[row] @ world.vectors[3]
            - effects.fatigue * fatigue @ world.vectors[3]
            + effects.appeal * world.appeal[3]
            + effects.satisfaction * satisfaction
        )
        found = mood.log_odds(np.full((2, 2), 3), np.array([[False, True]] * 2))[row]
        np.testing.assert_allclose(found, [expected, expected + effects.novelty], rtol=1e-4, atol=1e-5)
    mood.begin(np.array([0]), np.zeros((1, 8), np.float32))
    assert mood.satisfaction[0] == 0.0 != mood.satisfaction[1]
    assert not mood.fatigue[0].any()


def test_sigmoid_of_large_numbers() -> None:
    with np.errstate(all="raise"):
        found = sigmoid(np.array([-1e4, 0.0, 2.0, 1e4], np.float32))
    np.testing.assert_allclose(found, [0.0, 0.5, 1 / (1 + np.exp(-2.0)), 1.0], rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(0, 10), st.integers(0, 5), st.integers(0, 1000))
def test_offers_are_different_tracks_that_were_not_played(
    candidates: int, played: int, spare: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    items = candidates + played + spare
    used = np.zeros((12, items), bool)
    for row in used:
        row[rng.choice(items, played, replace=False)] = True
    rows = np.array([11, 0, 3])
    offers = draw_offers(used, rows, candidates, rng)
    assert offers.shape == (3, candidates)
    for row, offered in zip(rows, offers, strict=True):
        assert len(set(offered.tolist())) == candidates
        assert not used[row, offered].any()


def test_every_set_on_offer_is_equally_likely() -> None:
    used = np.zeros((20000, 6), bool)
    used[:, 2] = True
    offers = np.sort(draw_offers(used, np.arange(20000), 2, np.random.default_rng(0)), axis=1)
    _, counts = np.unique(offers, axis=0, return_counts=True)
    # Ten pairs out of five tracks: 2,000 each, deviation 42.
    assert len(counts) == 10
    assert abs(counts - 2000).max() < 5 * 42


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sessions": 29}, "expected 30 to 1800"),
        ({"sessions": 1801}, "expected 30 to 1800"),
        ({"items": 27}, "at least candidates . longest = 28"),
    ],
)
def test_refused_sizes(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        WorldConfig(**{**SMALL.model_dump(), **settings})
