"""A Q-learning agent at work: plays, remembers, learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.agent_training.actor import compiled_scores, epsilon_greedy
from components.agent_training.config import QLearningConfig
from components.agent_training.dqn_learner import QLearner
from components.agent_training.replay import Replay
from components.agent_training.schedule import check_losses, falling
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.observation import Observation, ObservationSpec


class QAgent:
    """See ``agents.Agent``."""

    def __init__(self, spec: ObservationSpec, config: QLearningConfig) -> None:
        self._config = config
        self._learner = QLearner(spec, config)
        self._replay = Replay(spec, config)
        self.policy = self._learner.policy
        self.scores = compiled_scores(self.policy, spec)
        self.adapt = self._learner.adapt
        self.restarted = self._replay.cut
        self.updates = 0

    def play_round(
        self, environment: BatchEnvironment, seen: Observation, number: int, random: np.random.Generator
    ) -> tuple[Observation, dict[str, float]]:
        """See ``agents.Agent``."""
        config = self._config
        done = number / max(config.rounds - 1, 1)
        epsilon = falling(config.epsilon, config.epsilon_end, min(done / config.epsilon_rounds, 1.0))
        for _ in range(config.steps):
            actions = epsilon_greedy(self.scores(seen), seen.mask, epsilon, random)
            step = environment.step(actions)
            self._replay.add(seen, actions, step)
            seen = step.seen
        if len(self._replay) < config.warmup:
            return seen, {}
        importance = falling(config.importance_exponent, 1.0, done)
        drawn = self._replay.sample(
            config.learner_steps, random, importance, chosen_only=self._learner.chosen_only
        )
        rate = config.learning_rate * falling(1.0, config.learning_rate_end, done)
        losses, errors = self._learner.learn(drawn, rate)
        check_losses({"loss": losses}, self.updates, rate)
        self.updates += len(losses)
        self._replay.prioritise(drawn.place, errors)
        return seen, {"loss": float(losses.mean()), "error": float(np.abs(errors).mean())}

    def variables(self) -> list[Any]:
        """See ``agents.Agent``."""
        return self._learner.variables()

    def memory(self) -> list[npt.NDArray[Any]]:
        """See ``agents.Agent``."""
        return self._replay.arrays()

    def remember(self, memory: list[npt.NDArray[Any]]) -> None:
        """See ``agents.Agent``."""
        self._replay.restore(memory)
