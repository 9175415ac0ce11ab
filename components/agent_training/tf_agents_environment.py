"""Our environments for agents of TF-Agents; needs the extra tf-agents, and TF_USE_LEGACY_KERAS=1."""

from __future__ import annotations

from typing import Any

import numpy as np
from tf_agents.environments import py_environment
from tf_agents.specs import array_spec
from tf_agents.trajectories import time_step

from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.observation import Floats, Ints, Observation


class TfAgentsEnvironment(py_environment.PyEnvironment):
    """A BatchEnvironment as a batched PyEnvironment: observations are dicts by the names of our signatures.

    Where an episode ends its row shows LAST, and the observation is that of the episode that follows, as it
    is in our environments: nothing is carried on from it, for the discount is 0. The next action in that row
    already belongs to the new episode, whereas TF-Agents expects FIRST there, which ignores the action. So
    rows do not show FIRST but once, after ``reset``; agents that learn from single transitions (DQN) lose
    each episode's first transition by that, and no other.
    """

    def __init__(self, environment: BatchEnvironment, seed: int = 0) -> None:
        super().__init__(handle_auto_reset=False)
        self._environment = environment
        self._seed = seed
        shapes = environment.spec.shapes
        self._observed = {
            name: array_spec.ArraySpec(shape, np.bool_ if name == "mask" else np.float32, name)
            for name, shape in shapes.items()
        }
        last = environment.spec.candidates - 1
        self._actions = array_spec.BoundedArraySpec((), np.int64, 0, last, "action")

    @property
    def batched(self) -> bool:
        """TF-Agents' hook."""
        return True

    @property
    def batch_size(self) -> int:
        """Episodes at once."""
        return self._environment.episodes

    def observation_spec(self) -> Any:
        """TF-Agents' hook."""
        return self._observed

    def action_spec(self) -> Any:
        """TF-Agents' hook."""
        return self._actions

    def _reset(self) -> Any:
        seen = self._environment.reset(self._seed)
        self._seed += 1
        return time_step.restart(_named(seen), batch_size=self.batch_size)

    def _step(self, action: Ints) -> Any:
        step = self._environment.step(np.asarray(action, np.int64))
        kind = np.where(step.ended, time_step.StepType.LAST, time_step.StepType.MID).astype(np.int32)
        going: Floats = (~step.ended).astype(np.float32)
        return time_step.TimeStep(kind, step.rewards, going, _named(step.seen))


def _named(seen: Observation) -> dict[str, Any]:
    return {"state": seen.state, "candidates": seen.candidates, "mask": seen.mask}
