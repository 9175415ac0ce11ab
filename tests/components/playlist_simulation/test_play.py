"""Policies compared in pairs, and the numbers that come of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.listening_world.world import ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Floats, Ints, Observation
from components.playlist_simulation.play import Played, play_sessions
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from noria.errors import DataError
from tests.components.playlist_simulation.stand_ins import (
    CountingModel,
    FeaturePolicy,
    ScriptedListeners,
    small_log,
)

LOG = small_log()
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=10, pool=20)
SLATES = SimulationConfig(candidates=10, pool=20, slate=4)


def draw(episodes: int, seed: int = 0, config: SimulationConfig = CONFIG) -> Episodes:
    return EpisodeSampler(LOG, config, "test").draw(episodes, np.random.default_rng(seed))


def play(policy: Policy, episodes: Episodes, config: SimulationConfig = CONFIG) -> Played:
    listeners = SimulatedListeners(CountingModel(), len(episodes))
    return play_sessions(policy, listeners, episodes, CATALOGUE, config)


def assert_equal(one: Played, other: Played) -> None:
    np.testing.assert_array_equal(one.responses, other.responses)
    np.testing.assert_array_equal(one.returns, other.returns)
    np.testing.assert_array_equal(one.lengths, other.lengths)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), slate=st.sampled_from([1, 2, 4]))
def test_same_episodes_same_numbers_in_any_order(seed: int, slate: int) -> None:
    config = SimulationConfig(candidates=10, pool=20, slate=slate)
    episodes = draw(17, seed, config)
    one = play(FeaturePolicy(seed), episodes, config)
    assert_equal(play(FeaturePolicy(seed), episodes, config), one)
    order = np.random.default_rng(seed).permutation(17)
    shuffled = play(FeaturePolicy(seed), episodes.take(order), config)
    np.testing.assert_array_equal(shuffled.responses, one.responses[order])
    # A session does not depend on who is played beside it.
    some = play(FeaturePolicy(seed), episodes.take(order[:5]), config)
    np.testing.assert_array_equal(some.returns, one.returns[order[:5]])


def test_playing_leaves_the_episodes_as_they_were() -> None:
    episodes, untouched = draw(10), draw(10)
    play(FeaturePolicy(), episodes)
    for name in ("offers", "heard", "uniforms", "profile", "session"):
        np.testing.assert_array_equal(getattr(episodes, name), getattr(untouched, name))


@pytest.mark.parametrize("config", [CONFIG, SLATES])
def test_returns_and_lengths_are_those_of_the_responses(config: SimulationConfig) -> None:
    played = play(FeaturePolicy(), draw(40, config=config), config)
    assert played.responses.shape == (40, 8)
    assert played.returns.dtype == np.float32
    for row, length in enumerate(played.lengths):
        assert 1 <= length <= 8
        assert not np.isnan(played.responses[row, :length]).any()
        assert np.isnan(played.responses[row, length:]).all()
        assert played.returns[row] == played.responses[row, :length].sum()
    assert len(set(played.lengths)) > 2
    assert played.replaced == 0


def test_a_better_policy_has_the_better_return() -> None:
    """Half of the items are always completed, the others never: who knows that hears only those."""
    chance = (np.arange(41) < 20).astype(np.float32)

    class Knowing(Policy):
        name = "knowing"

        def __init__(self, sign: float) -> None:
            self.sign = sign

        def scores(self, seen: Observation) -> Floats:
            return self.sign * chance[seen.items]

    config = SimulationConfig(candidates=20, pool=40, termination={"skips_in_a_row": 3})
    episodes = draw(30, config=config)
    best, worst = (
        play_sessions(Knowing(sign), ScriptedListeners(chance), episodes, CATALOGUE, config)
        for sign in (1.0, -1.0)
    )
    assert best.returns.tolist() == [8] * 30
    assert worst.returns.tolist() == [0] * 30
    assert worst.lengths.tolist() == [3] * 30


@pytest.mark.parametrize("config", [CONFIG, SLATES])
def test_policies_hear_every_track_as_the_user_did(config: SimulationConfig) -> None:
    class Following(FeaturePolicy):
        """Keeps the user model's memory for itself, as greedy on a user model does."""

        def begin(self, rows: Ints, seen: Observation) -> None:
            assert rows.tolist() == list(range(12))
            self.memory = CountingModel().start(seen.state)

        def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:
            chosen = seen.candidates[np.arange(12), picks]
            self.memory, _ = CountingModel().listen(self.memory, seen.state, chosen, responses)

    policy = Following()
    listeners = SimulatedListeners(CountingModel(), 12)
    play_sessions(policy, listeners, draw(12, config=config), CATALOGUE, config)
    np.testing.assert_array_equal(policy.memory, listeners._memory)


def test_scores_that_are_no_numbers_are_refused() -> None:
    class Broken(Policy):
        name = "broken"

        def scores(self, seen: Observation) -> Floats:
            return np.full(seen.mask.shape, np.nan, np.float32)

    with pytest.raises(DataError, match="policy broken scored 30 candidates NaN"):
        play(Broken(), draw(3))


@pytest.mark.parametrize("slate", [1, 5])
def test_the_true_world_can_be_played(slate: int) -> None:
    """In the world, choosing by true probabilities is better than choosing the first."""
    world = WorldConfig(users=30, items=80, sessions=300, candidates=8)
    log, config = generate_log(world), SimulationConfig(candidates=8, pool=40, slate=slate)
    episodes = EpisodeSampler(log, config, "train").draw(150, np.random.default_rng(0))
    listeners = [WorldListeners(ListeningWorld(world), 150) for _ in range(2)]

    class Likeliest(Policy):
        name = "likeliest"

        def scores(self, seen: Observation) -> Floats:
            return listeners[0].probabilities(seen)

    class First(Policy):
        name = "first"

        def scores(self, seen: Observation) -> Floats:
            return np.zeros(seen.mask.shape, np.float32)

    likeliest, first = (
        play_sessions(policy, answers, episodes, Catalogue.of(log), config)
        for policy, answers in zip((Likeliest(), First()), listeners, strict=True)
    )
    gain = likeliest.returns - first.returns
    assert gain.mean() > 3 * gain.std() / np.sqrt(150)
