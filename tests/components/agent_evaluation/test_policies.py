"""Heuristics choose what they say they choose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.agent_evaluation.policies import (
    GreedyPolicy,
    ModelDraw,
    PopularityPolicy,
    RandomPolicy,
    TastePolicy,
    best_only,
    choice_probabilities,
    context_profiles,
    standardised,
)
from components.playlist_simulation.observation import Observation
from components.playlist_simulation.session_features import Catalogue
from tests.components.agent_evaluation.stand_ins import CountingUserModel, observation, small_world

CATALOGUE = Catalogue.of(small_world().log)
SPEC = CATALOGUE.spec(6)
MODEL = CountingUserModel(CATALOGUE)


def test_random_takes_every_allowed_candidate_as_often() -> None:
    seen = observation(SPEC, 1)
    seen = Observation(*(np.repeat(part, 6000, axis=0) for part in vars(seen).values()))
    policy = RandomPolicy(0)
    policy.begin(np.arange(6000), seen)
    chosen = np.bincount(policy.scores(seen).argmax(axis=1), minlength=6) / 6000
    allowed = seen.mask[0]
    assert (chosen[~allowed] == 0).all()
    assert chosen[allowed] == pytest.approx(1 / allowed.sum(), abs=0.03)


def test_chance_begins_anew_with_the_sessions() -> None:
    seen, policy = observation(SPEC, 20), RandomPolicy(3)
    policy.begin(np.arange(20), seen)
    first, second = policy.scores(seen), policy.scores(seen)
    policy.begin(np.arange(20), seen)
    np.testing.assert_array_equal(policy.scores(seen), first)
    policy.begin(np.arange(3), seen)
    assert not np.array_equal(policy.scores(seen), first)
    assert not np.array_equal(first, second)


@given(st.integers(0, 1000), st.floats(0, 1), st.booleans())
def test_probabilities_are_some(seed: int, share: float, greedy: bool) -> None:
    seen = observation(SPEC, 15, seed)
    draw = ModelDraw("draw", MODEL, 0, share, greedy)
    for policy in (draw, RandomPolicy(0), PopularityPolicy(SPEC), GreedyPolicy(MODEL)):
        policy.begin(np.arange(15), seen)
        chances = choice_probabilities(policy, seen)
        assert (chances >= 0).all()
        assert (chances[~seen.mask] == 0).all()
        np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-5)


def test_draws_follow_the_odds() -> None:
    seen = observation(SPEC, 1, 5)
    seen = Observation(*(np.repeat(part, 8000, axis=0) for part in vars(seen).values()))
    draw = ModelDraw("softmax", MODEL, 0)
    draw.begin(np.arange(8000), seen)
    chances = draw.probabilities(seen)[0]
    completes = np.where(seen.mask[0], GreedyPolicy_probabilities(seen)[0], 0.0)
    odds = completes / (1 - completes)
    np.testing.assert_allclose(chances, odds / odds.sum(), rtol=1e-4)
    drawn = np.bincount(draw.scores(seen).argmax(axis=1), minlength=6) / 8000
    np.testing.assert_allclose(drawn, chances, atol=0.03)


def GreedyPolicy_probabilities(seen: Observation) -> np.ndarray:  # noqa: N802
    policy = GreedyPolicy(MODEL)
    policy.begin(np.arange(len(seen.state)), seen)
    return policy.scores(seen)


def test_greedy_remembers_per_session() -> None:
    seen, policy = observation(SPEC, 4), GreedyPolicy(MODEL)
    assert policy.name == "greedy_counting"
    policy.begin(np.arange(4), seen)
    fresh = policy.scores(seen)
    policy.heard(seen, np.zeros(4, np.int64), np.ones(4, np.float32))
    assert (policy.scores(seen) < fresh).all()
    policy.begin(np.array([2]), seen)
    np.testing.assert_array_equal(policy.scores(seen)[2], fresh[2])
    assert (policy.scores(seen)[[0, 1, 3]] < fresh[[0, 1, 3]]).all()
    with pytest.raises(ValueError, match="begin"):
        GreedyPolicy(MODEL).scores(seen)


def test_taste_sees_the_context() -> None:
    depth, contexts = len(CATALOGUE.feature_names), len(CATALOGUE.contexts)
    liked = np.zeros((contexts, depth), np.float32)
    liked[1, 0] = 100.0
    seen = observation(SPEC, 30)
    seen.state[:, depth : depth + contexts] = 0.0
    seen.state[:, depth + 1] = 1.0
    scores = TastePolicy("taste", SPEC, liked).scores(seen)
    best = best_only(seen.candidates[..., 0], seen.mask)
    np.testing.assert_array_equal(best_only(scores, seen.mask), best)
    seen.state[:, depth + 1], seen.state[:, depth + 2] = 0.0, 1.0
    profile = seen.candidates[..., SPEC.candidate.index("match_profile")]
    elsewhere = TastePolicy("taste", SPEC, liked).scores(seen)
    np.testing.assert_array_equal(best_only(elsewhere, seen.mask), best_only(profile, seen.mask))


def test_diversity_and_popularity_weigh_in() -> None:
    none = np.zeros((len(CATALOGUE.contexts), len(CATALOGUE.feature_names)), np.float32)
    seen = observation(SPEC, 30)
    recent = seen.candidates[..., SPEC.candidate.index("match_recent")]
    away = TastePolicy("away", SPEC, none, diversity=1000.0).scores(seen)
    np.testing.assert_array_equal(best_only(away, seen.mask), best_only(-recent, seen.mask))
    popular = TastePolicy("popular", SPEC, none, popularity=1000.0).scores(seen)
    popularity = PopularityPolicy(SPEC).scores(seen)
    np.testing.assert_array_equal(best_only(popular, seen.mask), best_only(popularity, seen.mask))


@given(st.integers(0, 1000))
def test_standardised_over_what_is_allowed(seed: int) -> None:
    seen = observation(SPEC, 10, seed)
    values = standardised(seen.candidates[..., 0], seen.mask)
    for row, mask in zip(values, seen.mask, strict=True):
        assert row[mask].mean() == pytest.approx(0, abs=1e-4)
        assert row[mask].std() == pytest.approx(1.0 if mask.sum() > 1 else 0.0, abs=1e-3)


def test_equal_values_are_no_reason() -> None:
    mask = np.array([[True, True, False]])
    assert (standardised(np.full((1, 3), 7.0, np.float32), mask) == 0).all()


def test_contexts_are_learned_from_the_training_split_alone() -> None:
    log = small_world().log
    found = context_profiles(log)
    train = np.repeat(log.session_split == 0, log.length)
    context = np.repeat(log.session_context, log.length)
    for number in range(len(log.facts.contexts)):
        rows = train & (context == number)
        liking = log.response[rows] - log.response[train].mean()
        expected = (liking[:, None] * log.features[log.item[rows]]).sum(axis=0) / (rows.sum() + 10)
        np.testing.assert_allclose(found[number], expected, atol=1e-4)
