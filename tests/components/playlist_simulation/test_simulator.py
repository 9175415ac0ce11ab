"""The environment that agents are trained in."""

from __future__ import annotations

import numpy as np
import pytest

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.observation import Observation
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulator import Simulator
from noria.errors import DataError
from tests.components.playlist_simulation.stand_ins import CountingModel, ScriptedListeners, small_log

LOG = small_log()
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=10, pool=20)
SLATES = SimulationConfig(candidates=10, pool=20, slate=2)


def simulator(config: SimulationConfig = CONFIG, episodes: int = 16) -> Simulator:
    return Simulator.learned(LOG, CountingModel(), config, "train", episodes)


def trace(environment: BatchEnvironment, seed: int, steps: int = 40) -> list[np.ndarray]:
    """Everything that is shown and paid for actions that depend on what is shown."""
    seen, numbers = environment.reset(seed), []
    for _ in range(steps):
        actions = np.where(seen.mask, seen.candidates[..., 0], -np.inf).argmax(axis=1)
        step = environment.step(actions)
        seen = step.seen
        numbers += [step.rewards, step.ended, seen.state, seen.candidates, seen.mask, seen.items]
    return numbers


@pytest.mark.parametrize("config", [CONFIG, SLATES, SimulationConfig(candidates=10, offers="logged")])
def test_everything_follows_from_the_seed(config: SimulationConfig) -> None:
    environment = simulator(config)
    first, other, again = (trace(environment, seed) for seed in (1, 2, 1))
    fresh = trace(simulator(config), 1)
    for one, same, too in zip(first, again, fresh, strict=True):
        np.testing.assert_array_equal(one, same)
        np.testing.assert_array_equal(one, too)
    assert any((one != two).any() for one, two in zip(first, other, strict=True))


def test_observations_are_of_the_spec_and_do_not_change_later() -> None:
    environment = simulator()
    seen = environment.reset(0)
    kept: list[tuple[Observation, Observation]] = []
    for _ in range(15):
        for name, shape in environment.spec.shapes.items():
            assert getattr(seen, name).shape == (16, *shape)
        copy = Observation(*(part.copy() for part in (seen.state, seen.candidates, seen.mask, seen.items)))
        kept.append((seen, copy))
        seen = environment.step(seen.mask.argmax(axis=1)).seen
    for seen, copy in kept:
        for name in ("state", "candidates", "mask", "items"):
            np.testing.assert_array_equal(getattr(seen, name), getattr(copy, name))


def test_a_session_that_ends_makes_room_for_the_next() -> None:
    environment = simulator()
    progress = environment.spec.state.index("progress")
    seen, lengths, paid = environment.reset(0), np.zeros(16), np.zeros(16)
    position = 0
    for _ in range(60):
        step = environment.step(seen.mask.argmax(axis=1))
        lengths, paid = lengths + 1, paid + step.rewards
        assert (lengths <= 8).all()
        assert (paid <= lengths).all()
        fresh = step.seen.state[:, progress] == 0
        np.testing.assert_array_equal(fresh, step.ended)
        lengths[step.ended] = paid[step.ended] = 0
        np.testing.assert_allclose(step.seen.state[:, progress], lengths / 8, atol=1e-6)
        seen = step.seen
        position += int(step.ended.sum())
    assert position > 60


def test_a_slate_is_paid_when_it_is_full() -> None:
    environment = simulator(SLATES)
    seen = environment.reset(0)
    for number in range(40):
        step = environment.step(seen.mask.argmax(axis=1))
        if number % 2 == 0:
            assert not step.rewards.any()
            assert not step.ended.any()
            assert environment.heard == ()
        else:
            paid = sum(np.where(track.heard, track.responses, 0) for track in environment.heard)
            np.testing.assert_array_equal(step.rewards, paid)
        seen = step.seen


def test_what_comes_behind_the_end_within_a_slate_is_not_paid() -> None:
    """Everybody completes everything and leaves at once: one track is paid of every slate of two."""
    listeners = ScriptedListeners(np.ones(41, np.float32), leave=1.0)
    sampler = EpisodeSampler(LOG, SLATES, "train")
    environment = Simulator(CATALOGUE, listeners, sampler, SLATES, 4)
    seen = environment.reset(0)
    for paid in (0, 1, 0, 1):
        step = environment.step(seen.mask.argmax(axis=1))
        assert step.rewards.tolist() == [paid] * 4
        assert step.ended.tolist() == [bool(paid)] * 4
        seen = step.seen


def test_forbidden_actions_are_replaced_and_counted() -> None:
    environment = simulator(SimulationConfig(candidates=10, pool=10, termination={"user_leaves": False}))
    seen = environment.reset(0)
    forbidden = 0
    for _ in range(12):
        actions = np.zeros(16, np.int64)
        forbidden += int((~seen.mask[:, 0]).sum())
        seen = environment.step(actions).seen
    assert environment.replaced == forbidden > 0
    environment.reset(0)
    assert environment.replaced == 0


def test_the_last_look_of_an_ended_session_is_kept_on_demand() -> None:
    sampler = EpisodeSampler(LOG, CONFIG, "train")
    listeners = ScriptedListeners(np.ones(41, np.float32), leave=0.3)
    environment = Simulator(CATALOGUE, listeners, sampler, CONFIG, 8, keep_final=True)
    seen, progress = environment.reset(0), environment.spec.state.index("progress")
    for _ in range(10):
        before = seen.state[:, progress]
        step = environment.step(seen.mask.argmax(axis=1))
        assert environment.final is not None
        np.testing.assert_allclose(environment.final.state[:, progress], before + 1 / 8, atol=1e-6)
        going = ~step.ended
        np.testing.assert_array_equal(environment.final.candidates[going], step.seen.candidates[going])
        seen = step.seen
    assert simulator().final is None


def test_an_environment_is_reset_first() -> None:
    with pytest.raises(DataError, match="before it was reset"):
        simulator().step(np.zeros(16, np.int64))
