"""Gymnasium's own checker, and that the environments are the simulator."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.gym_env import PlaylistEnv, PlaylistVectorEnv
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from tests.components.playlist_simulation.stand_ins import CountingModel, small_log

LOG = small_log()
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=10, pool=20)
SLATES = SimulationConfig(candidates=10, pool=20, slate=4)


def single(config: SimulationConfig = CONFIG, render_mode: str | None = None) -> PlaylistEnv:
    sampler = EpisodeSampler(LOG, config, "train")
    return PlaylistEnv(CATALOGUE, SimulatedListeners(CountingModel(), 1), sampler, config, render_mode)


def vector(num_envs: int, config: SimulationConfig = CONFIG) -> PlaylistVectorEnv:
    sampler = EpisodeSampler(LOG, config, "train")
    listeners = SimulatedListeners(CountingModel(), num_envs)
    return PlaylistVectorEnv(CATALOGUE, listeners, sampler, config, num_envs)


@pytest.mark.parametrize("config", [CONFIG, SLATES])
@pytest.mark.filterwarnings("error")
def test_gymnasiums_checker_passes(config: SimulationConfig) -> None:
    made = gymnasium.make(
        EnvSpec("noria/Playlist-v0", lambda render_mode=None: single(config, render_mode)),
        disable_env_checker=True,
        render_mode="ansi",
    )
    check_env(made.unwrapped)


def test_a_session_ends_by_itself_and_wants_a_reset() -> None:
    environment = single(render_mode="ansi")
    shown, info = environment.reset(seed=1)
    total, steps, ended = 0.0, 0, False
    while not ended:
        np.testing.assert_array_equal(shown["mask"], info["action_mask"])
        shown, reward, ended, truncated, info = environment.step(int(info["action_mask"].argmax()))
        total, steps = total + reward, steps + 1
        assert not truncated
    lines = environment.render().splitlines()
    assert len(lines) == steps
    assert sum("response 1.00" in line for line in lines) == total
    assert "goes_on" not in lines[-1]
    with pytest.raises(gymnasium.error.ResetNeeded):
        environment.step(0)
    environment.reset()
    assert environment.render() == ""


@pytest.mark.parametrize("config", [CONFIG, SLATES])
def test_the_vector_environment_is_the_simulator(config: SimulationConfig) -> None:
    environment = vector(6, config)
    assert environment.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    shown, info = environment.reset(seed=5)
    progress = environment.simulator.spec.state.index("progress")
    ended_in_all = 0
    for _ in range(40):
        assert shown in environment.observation_space
        np.testing.assert_array_equal(shown["mask"], info["action_mask"])
        before = shown["state"][:, progress]
        actions = shown["mask"].argmax(axis=1)
        assert actions in environment.action_space
        shown, rewards, terminated, truncated, info = environment.step(actions)
        assert rewards.shape == terminated.shape == (6,)
        assert not truncated.any()
        ended_in_all += int(terminated.sum())
        if terminated.any():
            np.testing.assert_array_equal(info["_final_obs"], terminated)
            assert info["final_obs"] in environment.observation_space
            last = info["final_obs"]["state"][:, progress]
            np.testing.assert_allclose(last[terminated], before[terminated] + 1 / 8, atol=1e-6)
            assert (shown["state"][terminated, progress] == 0).all()
        else:
            assert "final_obs" not in info
    assert ended_in_all > 6


def test_seeds_of_the_vector_environment() -> None:
    environment = vector(6)
    first, other = environment.reset(seed=5)[0], environment.reset()[0]
    again = environment.reset(seed=5)[0]
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    assert (first["state"] != other["state"]).any()


def test_gymnasiums_wrappers_can_be_put_around() -> None:
    environment = RecordEpisodeStatistics(vector(6))
    shown, _ = environment.reset(seed=0)
    lengths: list[int] = []
    for _ in range(30):
        shown, _, terminated, _, info = environment.step(shown["mask"].argmax(axis=1))
        if terminated.any():
            lengths += info["episode"]["l"][terminated].tolist()
    assert lengths
    assert all(1 <= length <= 8 for length in lengths)
