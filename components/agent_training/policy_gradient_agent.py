"""A policy-gradient agent at work: plays by drawing from its policy, learns from what it just played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.agent_training.actor import compiled_scores, network_inputs, sampled
from components.agent_training.config import PolicyGradientConfig
from components.agent_training.ppo_learner import PolicyGradientLearner, portions
from components.agent_training.schedule import check_losses, falling
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.observation import Floats, Ints, Observation, ObservationSpec
from components.reinforcement_learning.advantages import generalised_advantages

Rows = dict[str, npt.NDArray[Any]]


class PolicyGradientAgent:
    """See ``agents.Agent``."""

    def __init__(self, spec: ObservationSpec, config: PolicyGradientConfig) -> None:
        self._config = config
        self._learner = PolicyGradientLearner(spec, config)
        self._phase: list[Rows] = []
        self.policy = self._learner.policy
        self.scores = compiled_scores(self.policy, spec)
        self.adapt = self._learner.adapt
        self.updates = 0

    def restarted(self) -> None:
        """See ``agents.Agent``; a round is learned from before anything else happens."""

    def play_round(
        self, environment: BatchEnvironment, seen: Observation, number: int, random: np.random.Generator
    ) -> tuple[Observation, dict[str, float]]:
        """See ``agents.Agent``."""
        config = self._config
        rate = config.learning_rate * falling(
            1.0, config.learning_rate_end, number / max(config.rounds - 1, 1)
        )
        rows, seen = self._play(environment, seen, random)
        losses = self._learn(rows, config.passes, rate, random)
        if config.kind == "ppg":
            self._phase.append({name: rows[name] for name in ("state", "candidates", "mask", "returns")})
            if len(self._phase) == config.phase or number + 1 == config.rounds:
                losses |= self._distil(rate, random)
        return seen, losses

    def variables(self) -> list[Any]:
        """See ``agents.Agent``."""
        return self._learner.variables()

    def memory(self) -> list[npt.NDArray[Any]]:
        """See ``agents.Agent``: nothing, for checkpoints come after a phase."""
        return []

    def remember(self, memory: list[npt.NDArray[Any]]) -> None:
        """See ``agents.Agent``."""
        del memory

    def _play(
        self, environment: BatchEnvironment, seen: Observation, random: np.random.Generator
    ) -> tuple[Rows, Observation]:
        views, actions, old, rewards, going = [], [], [], [], []
        for _ in range(self._config.steps):
            scores = self.scores(seen)
            chosen = sampled(scores, random)
            step = environment.step(chosen)
            views.append(seen)
            actions.append(chosen)
            old.append(_log_probabilities(scores, chosen))
            rewards.append(step.rewards)
            going.append(~step.ended)
            seen = step.seen
        rows: Rows = {
            "state": np.concatenate([view.state for view in views]),
            "candidates": np.concatenate([view.candidates for view in views]),
            "mask": np.concatenate([view.mask for view in views]).astype(np.float32),
        }
        known = self._learner.values(tuple(tf.constant(values) for values in rows.values()))
        values = known.reshape(len(views), -1)
        factor = np.float32(self._config.discount) * np.stack(going)
        after = self._learner.values(network_inputs(seen))
        gained = generalised_advantages(np.stack(rewards), values, factor, self._config.trace, after)
        rows["returns"] = (gained + values).ravel()
        # One scale at all times of training, so that rates mean the same.
        rows["advantages"] = ((gained - gained.mean()) / (gained.std() + np.float32(1e-6))).ravel()
        rows["actions"], rows["old"] = np.concatenate(actions), np.concatenate(old)
        return rows, seen

    def _learn(
        self,
        rows: Mapping[str, npt.NDArray[Any]],
        passes: int,
        rate: float,
        random: np.random.Generator,
        *,
        auxiliary: bool = False,
    ) -> dict[str, float]:
        order = portions(len(rows["state"]), self._config.minibatch, passes, random)
        losses = self._learner.learn(rows, order, rate, auxiliary=auxiliary)
        check_losses(losses, self.updates, rate)
        self.updates += len(order)
        return {name: float(values.mean()) for name, values in losses.items()}

    def _distil(self, rate: float, random: np.random.Generator) -> dict[str, float]:
        rows = {name: np.concatenate([part[name] for part in self._phase]) for name in self._phase[0]}
        self._phase = []
        views = Observation(rows["state"], rows["candidates"], rows["mask"] > 0, np.zeros((0, 0), np.int64))
        # Where the policy is held: as it is before this phase.
        rows["scores"] = self.scores(views)
        return self._learn(rows, self._config.auxiliary_passes, rate, random, auxiliary=True)


def _log_probabilities(scores: Floats, actions: Ints) -> Floats:
    top = scores.max(axis=1)
    total = np.log(np.exp(scores - top[:, None]).sum(axis=1))
    found: Floats = scores[np.arange(len(scores)), actions] - top - total
    return found
