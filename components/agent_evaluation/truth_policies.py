"""Policies that know the truth of the listening world: what can be reached, not what can be built."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from components.agent_evaluation.policies import log_odds
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.policy import Policy


@runtime_checkable
class TrueListeners(Listeners, Protocol):
    """Listeners of the world, whose minds can be read."""

    def gain(self, seen: Observation) -> Floats:
        """Satisfaction that each candidate would add on average: float32 [n, C]."""


class TruthPolicy(Policy):
    """Reads the minds of the listeners that it plays for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: TrueListeners | None = None

    def attach(self, listeners: Listeners) -> None:
        """Before sessions begin; raises TypeError for listeners that are no truth."""
        if not isinstance(listeners, TrueListeners):
            raise TypeError(f"{self.name} needs listeners of the world, got {type(listeners).__name__}")
        self._listeners = listeners

    @property
    def listeners(self) -> TrueListeners:
        """Those that it was attached to."""
        if self._listeners is None:
            raise ValueError(f"{self.name} has to be attached to listeners first")
        return self._listeners


class MyopicTruth(TruthPolicy):
    """The candidate that is truly likeliest to be completed."""

    def __init__(self) -> None:
        super().__init__("myopic_truth")

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        return self.listeners.probabilities(seen)


class Oracle(TruthPolicy):
    """True log odds of completing a candidate, and the satisfaction it adds for tracks to come.

    One weight for all moments: a bound for policies of this form, not the optimum.
    """

    def __init__(self, weight: float) -> None:
        super().__init__("oracle")
        self.weight = weight

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        now = log_odds(self.listeners.probabilities(seen))
        scores: Floats = (now + self.weight * self.listeners.gain(seen)).astype(np.float32)
        return scores
