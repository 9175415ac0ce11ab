"""How sessions change those who listen: fatigue and satisfaction, and what follows from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.listening_world.world import Floats, Ints, ListeningWorld


class Mood:
    """The hidden state of n sessions that go on side by side.

    Attributes:
        wish: float32 [n, D]: taste in context; it stays as it is during a session.
        fatigue: float32 [n, D]: running mean of the tracks played, which makes their like unwelcome.
        satisfaction: float32 [n]: what the completed tracks left; may be negative.
    """

    def __init__(self, world: ListeningWorld, sessions: int) -> None:
        self._world = world
        self._effects = world.config.effects
        self.wish = np.zeros((sessions, world.config.dimensions), np.float32)
        self.fatigue = np.zeros_like(self.wish)
        self.satisfaction = np.zeros(sessions, np.float32)

    def begin(self, rows: Ints, wish: Floats) -> None:
        """Sessions start in ``rows`` [k] with ``wish`` [k, D]."""
        self.wish[rows] = wish
        self.fatigue[rows] = 0.0
        self.satisfaction[rows] = 0.0

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Forgets all sessions but ``rows`` (bool [n])."""
        self.wish, self.fatigue = self.wish[rows], self.fatigue[rows]
        self.satisfaction = self.satisfaction[rows]

    def log_odds(self, items: Ints, new: npt.NDArray[np.bool_]) -> Floats:
        """Log odds of completing each of ``items`` [n, C]; ``new`` [n, C]: the user never heard it before."""
        effects, world = self._effects, self._world
        direction = effects.taste * self.wish - effects.fatigue * self.fatigue
        match = np.matmul(world.vectors[items], direction[..., None])[..., 0]
        base = effects.intercept + effects.satisfaction * self.satisfaction
        odds: Floats = (
            base[:, None] + match + effects.appeal * world.appeal[items] + effects.novelty * new
        ).astype(np.float32)
        return odds

    def hear(self, items: Ints, responses: Floats) -> Floats:
        """Tracks ``items`` [n] are played and answered by ``responses`` [n].

        Returns:
            The probability of leaving now: float32 [n].
        """
        effects, world = self._effects, self._world
        self.fatigue *= effects.fatigue_decay
        self.fatigue += (1.0 - effects.fatigue_decay) * world.vectors[items]
        self.satisfaction *= effects.satisfaction_decay
        self.satisfaction += effects.depth * world.depth[items] * responses
        return sigmoid(
            effects.leave
            - effects.leave_satisfaction * self.satisfaction
            + effects.leave_skip * (1.0 - responses)
        )


def sigmoid(log_odds: Floats) -> Floats:
    """Probabilities float32 of log odds of any shape; large ones do not overflow."""
    probability: Floats = (0.5 * (1.0 + np.tanh(0.5 * log_odds))).astype(np.float32)
    return probability
