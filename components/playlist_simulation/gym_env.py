"""The simulator as Gymnasium environments, one session or many at once.

Observations are dictionaries of ``state`` float32 [S], ``candidates`` float32 [C, F] and ``mask`` int8 [C]
(1 = may be chosen); an action is a position among the candidates. The mask is also in
``info["action_mask"]``, as bool. A forbidden action plays the nearest allowed track. Sessions end by
``terminated``, never by ``truncated``: that a session has at most so many tracks is a rule of the task, and
the state shows how far it is.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation
from components.playlist_simulation.session_batch import End, HeardTrack, SessionBatch
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulator import Simulator

Shown = dict[str, Any]

# Logarithm of more tracks than anybody hears.
_LOG_COUNT = 30.0


def observation_space(catalogue: Catalogue, candidates: int) -> spaces.Dict:
    """What one session shows. One finite bound holds for all numbers: Gymnasium's checker asks for it."""
    largest = float(np.abs(catalogue.features).max())
    # Running means and profiles stay below the features, matches below the product; counts are logarithms.
    bound = max(_LOG_COUNT, catalogue.longest, largest, len(catalogue.feature_names) * largest**2)
    shapes = catalogue.spec(candidates).shapes
    return spaces.Dict(
        {
            "state": spaces.Box(-bound, bound, shapes["state"], np.float32),
            "candidates": spaces.Box(-bound, bound, shapes["candidates"], np.float32),
            "mask": spaces.MultiBinary(candidates),
        }
    )


class PlaylistVectorEnv(VectorEnv[Shown, Ints, Any]):
    """Many sessions at once. Where one ends, the next starts in the same step; what the ended one showed last
    is in ``info["final_obs"]``, for the rows that ``info["_final_obs"]`` marks.
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}

    def __init__(
        self,
        catalogue: Catalogue,
        listeners: Listeners,
        sampler: EpisodeSampler,
        config: SimulationConfig,
        num_envs: int,
    ) -> None:
        """``listeners`` holds ``num_envs`` sessions."""
        self.num_envs = num_envs
        self.simulator = Simulator(catalogue, listeners, sampler, config, num_envs, keep_final=True)
        self.single_observation_space = observation_space(catalogue, config.candidates)
        self.single_action_space = spaces.Discrete(config.candidates)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Shown, Shown]:
        """Starts all sessions; without a seed, other ones than before."""
        super().reset(seed=seed, options=options)
        seen = self.simulator.reset(int(self.np_random.integers(2**32)))
        return _shown(seen), {"action_mask": seen.mask.copy()}

    def step(self, actions: Ints) -> tuple[Shown, Floats, Bools, Bools, Shown]:
        """See the module."""
        step = self.simulator.step(np.asarray(actions, np.int64))
        info: Shown = {"action_mask": step.seen.mask.copy()}
        if step.ended.any():
            assert self.simulator.final is not None
            info["final_obs"] = _shown(self.simulator.final)
            info["_final_obs"] = step.ended.copy()
        return _shown(step.seen), step.rewards, step.ended, np.zeros_like(step.ended), info


class PlaylistEnv(gymnasium.Env[Shown, np.int64]):
    """One session. With ``render_mode="ansi"``, ``render`` tells the tracks heard so far, one a line."""

    metadata = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(
        self,
        catalogue: Catalogue,
        listeners: Listeners,
        sampler: EpisodeSampler,
        config: SimulationConfig,
        render_mode: str | None = None,
    ) -> None:
        """``listeners`` holds one session."""
        self.render_mode = render_mode
        self._parts = (catalogue, config, listeners)
        self._sampler = sampler
        self.observation_space = observation_space(catalogue, config.candidates)
        self.action_space = spaces.Discrete(config.candidates)
        self._heard: list[HeardTrack] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Shown, Shown]:
        """Starts a session, drawn from the split's."""
        super().reset(seed=seed, options=options)
        self._session = SessionBatch(*self._parts, 1)
        self._session.begin(np.zeros(1, np.int64), self._sampler.draw(1, self.np_random))
        self._heard.clear()
        return self._see()

    def step(self, action: np.int64) -> tuple[Shown, float, bool, bool, Shown]:
        """See the module."""
        if self._session.end[0] != End.GOES_ON:
            raise gymnasium.error.ResetNeeded("the session has ended: reset the environment")
        heard = self._session.choose(self._seen, np.array([action], np.int64))
        self._heard += [track for track in heard if track.heard[0]]
        reward = float(sum(track.responses[0] for track in heard if track.heard[0]))
        shown, info = self._see()
        return shown, reward, bool(self._session.end[0] != End.GOES_ON), False, info

    def render(self) -> str | None:
        """The tracks heard so far, as text."""
        if self.render_mode is None:
            return None
        lines = [
            f"{position:3}  item {track.chosen_from.items[0, track.choice[0]]:6}  "
            f"response {track.responses[0]:.2f}  {End(track.end[0]).name.lower()}"
            for position, track in enumerate(self._heard)
        ]
        return "\n".join(lines)

    def _see(self) -> tuple[Shown, Shown]:
        self._seen = self._session.observe()
        return (
            {name: value[0] for name, value in _shown(self._seen).items()},
            {"action_mask": self._seen.mask[0].copy()},
        )


def _shown(seen: Observation) -> Shown:
    return {"state": seen.state, "candidates": seen.candidates, "mask": seen.mask.astype(np.int8)}
