"""What training needs of an agent, whatever its kind."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from components.agent_training.actor import Scores
from components.agent_training.config import PolicyGradientConfig, QLearningConfig
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.observation import Observation, ObservationSpec


class Agent(Protocol):
    """Plays rounds and learns from them.

    Attributes:
        policy: Keras model: masked scores of an observation's candidates.
        scores: The same, compiled.
        updates: Gradient steps taken.
    """

    policy: Any
    scores: Scores
    updates: int

    def adapt(self, seen: Observation) -> None:
        """Standardises inputs by these observations; once, before the first round."""

    def restarted(self) -> None:
        """The environment was reset in the middle of episodes."""

    def play_round(
        self, environment: BatchEnvironment, seen: Observation, number: int, random: np.random.Generator
    ) -> tuple[Observation, dict[str, float]]:
        """Plays and learns.

        Args:
            environment: Shows ``seen`` now.
            seen: The present observation.
            number: Of the round, from 0.
            random: Decides everything that is left to chance.

        Returns:
            The observation after it, and losses; none where nothing was learned yet.

        Raises:
            NoriaError: A loss is not a finite number.
        """

    def variables(self) -> list[Any]:
        """TensorFlow's variables that training changes."""

    def memory(self) -> list[npt.NDArray[Any]]:
        """What it remembers of what it played."""

    def remember(self, memory: list[npt.NDArray[Any]]) -> None:
        """Takes over what ``memory`` gave."""


def make_agent(spec: ObservationSpec, config: QLearningConfig | PolicyGradientConfig) -> Agent:
    """An untrained agent; its first weights come from TensorFlow's global seed."""
    if isinstance(config, QLearningConfig):
        from components.agent_training.q_agent import QAgent

        return QAgent(spec, config)
    from components.agent_training.policy_gradient_agent import PolicyGradientAgent

    return PolicyGradientAgent(spec, config)
