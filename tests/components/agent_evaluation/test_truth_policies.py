"""What knows the truth is not beaten by what does not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from components.agent_evaluation.arena import Arena
from components.agent_evaluation.entrants import heuristics, truths
from components.agent_evaluation.truth_policies import MyopicTruth, Oracle
from components.listening_world.world import ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from tests.components.agent_evaluation.stand_ins import CountingUserModel, small_world

LOG = small_world().log
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=10, pool=40)


def arena() -> Arena:
    assert LOG.facts.world is not None
    world = ListeningWorld(LOG.facts.world)
    return Arena("world", partial(WorldListeners, world), CATALOGUE, CONFIG, LOG.facts.completed_at)


def episodes(count: int, split: str = "train", seed: int = 0) -> Episodes:
    sampler = EpisodeSampler(LOG, CONFIG, split)  # type: ignore[arg-type]
    return sampler.draw(count, np.random.default_rng(seed))


def test_they_bound_the_others() -> None:
    drawn, place = episodes(600), arena()
    model = CountingUserModel(CATALOGUE)
    entrants = heuristics(LOG, CATALOGUE.spec(10), {"counting": model}, "counting", 0)
    returns = {e.name: place.play(e.policy, drawn).returns.mean() for e in entrants}
    known, tried = truths(place, episodes(300, seed=1), (0.0, 4.0, 16.0))
    truth = {e.name: place.play(e.policy, drawn).returns.mean() for e in known}
    assert truth["myopic_truth"] > max(returns.values())
    assert truth["oracle"] > 0.98 * truth["myopic_truth"]
    assert set(tried) == {0.0, 4.0, 16.0}
    oracle = known[1].policy
    assert isinstance(oracle, Oracle)
    assert oracle.weight == max(tried, key=lambda weight: tried[weight])


def test_an_oracle_without_weight_is_myopic() -> None:
    drawn, place = episodes(100), arena()
    blind, myopic = (place.play(policy, drawn) for policy in (Oracle(0.0), MyopicTruth()))
    np.testing.assert_array_equal(blind.responses, myopic.responses)


def test_the_same_policy_plays_the_same_again() -> None:
    # Policies and listeners that remember begin anew.
    drawn, place = episodes(50), arena()
    model = CountingUserModel(CATALOGUE)
    for entrant in heuristics(LOG, CATALOGUE.spec(10), {"counting": model}, "counting", 0):
        first, again = (place.play(entrant.policy, drawn) for _ in range(2))
        np.testing.assert_array_equal(first.responses, again.responses)


def test_only_listeners_of_the_world_have_minds_to_read() -> None:
    with pytest.raises(TypeError, match="listeners of the world"):
        MyopicTruth().attach(SimulatedListeners(CountingUserModel(CATALOGUE), 3))
    with pytest.raises(ValueError, match="attached"):
        _ = MyopicTruth().listeners
