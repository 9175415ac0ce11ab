"""Rankings on given standings."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from components.agent_evaluation.arena import Arena, Entrant, Kind, Ranking, Standing, rank
from components.agent_evaluation.findings import environments_agree, response_by_position
from components.agent_evaluation.intervals import Bootstrap
from components.agent_evaluation.pictures import summaries
from components.agent_evaluation.policies import PopularityPolicy, RandomPolicy
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from tests.components.agent_evaluation.stand_ins import CountingUserModel, small_world

LOG = small_world().log
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=6, pool=20)
ARENA = Arena(
    "simulated",
    partial(SimulatedListeners, CountingUserModel(CATALOGUE, tired=0.1)),
    CATALOGUE,
    CONFIG,
    LOG.facts.completed_at,
)


class Named(Policy):
    def __init__(self, name: str) -> None:
        self.name = name


def standing(responses: list[list[float]]) -> Standing:
    table = np.array(responses, np.float32)
    heard = ~np.isnan(table)
    return Standing(np.nansum(table, axis=1), heard.sum(axis=1), (table >= 0.5).sum(axis=1), table)


def ranking(returns: dict[str, list[float]], agents: dict[str, str], arena: Arena = ARENA) -> Ranking:
    kinds: dict[str, Kind] = {name: "agent" if name in agents else "heuristic" for name in returns}
    return Ranking(
        arena=arena,
        entrants={name: Entrant(Named(name), kinds[name], agents.get(name, "")) for name in returns},
        standings={name: standing([[value] for value in values]) for name, values in returns.items()},
        reference="first",
        selection={},
        bootstrap=Bootstrap(len(next(iter(returns.values()))), 100, 0),
    )


def test_satisfaction_is_a_share_of_tracks() -> None:
    nan = float("nan")
    found = standing([[1.0, 1.0, 0.0, 0.7], [0.0, nan, nan, nan]])
    numbers = ranking({"first": [0.0, 0.0]}, {}).summary(found)
    assert numbers.satisfaction.value == pytest.approx(3 / 5)
    assert numbers.returns.value == pytest.approx(2.7 / 2)
    assert numbers.length.value == pytest.approx(2.5)
    np.testing.assert_allclose(response_by_position(found), [0.5, 1.0, 0.0, 0.7])


def test_nobody_gets_so_far() -> None:
    nan = float("nan")
    assert np.isnan(response_by_position(standing([[1.0, nan]]))[1])


def test_agents_over_their_seeds() -> None:
    found = ranking(
        {"first": [0.0, 0.5, 1.0], "a/0": [1.0, 1.0, 1.0], "a/1": [0.0, 0.0, 0.0]}, {"a/0": "a", "a/1": "a"}
    )
    numbers = found.agent_summary("a")
    assert numbers.returns.value == pytest.approx(0.5)
    # One seed of two is drawn.
    assert (numbers.returns.low, numbers.returns.high) == (0.0, 1.0)
    assert numbers.gain.value == pytest.approx(0.0)
    assert set(summaries(found)) == {"first", "a (2 seeds)"}


def test_orders_are_compared_by_agents_not_seeds() -> None:
    here = ranking({"first": [1.0, 1.0], "a/0": [3.0, 3.0], "a/1": [0.0, 0.0]}, {"a/0": "a", "a/1": "a"})
    there = ranking({"first": [1.0, 1.0], "a/0": [0.0, 0.0], "a/1": [3.0, 3.0]}, {"a/0": "a", "a/1": "a"})
    found = environments_agree({"world": here, "simulated": there})
    assert found is not None
    assert (found.spearman.value, found.policies) == (1.0, 2)
    assert environments_agree({"simulated": there}) is None


def test_the_reference_is_chosen_on_other_sessions() -> None:
    spec = CATALOGUE.spec(6)
    entrants = [Entrant(RandomPolicy(0), "heuristic"), Entrant(PopularityPolicy(spec), "heuristic")]
    draw = EpisodeSampler(LOG, CONFIG, "validation").draw
    selection = draw(300, np.random.default_rng(0))
    episodes = draw(40, np.random.default_rng(1))
    found = rank(ARENA, entrants, episodes, selection, Bootstrap(40, 100, 0))
    assert found.reference == "popularity"
    played = ARENA.play(entrants[0].policy, selection).returns.mean()
    assert found.selection["random"] == pytest.approx(float(played))
    lengths = found.standings["random"].lengths
    assert (lengths == (~np.isnan(found.standings["random"].responses)).sum(axis=1)).all()
