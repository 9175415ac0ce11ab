"""Policies that know the truth of the listening world: what can be reached, not what can be built."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from components.agent_evaluation.policies import log_odds
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.policy import Policy


class TrueListeners(Listeners, Protocol):
    """Listeners of the world, whose minds can be read."""

    def gain(self, seen: Observation) -> Floats:
        """Satisfaction that each candidate would add on average: float32 [n, C]."""


class MyopicTruth(Policy):
    """The candidate that is truly likeliest to be completed."""

    name = "myopic_truth"

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        return self._listeners.probabilities(seen)


class Oracle(Policy):
    """True log odds of completing a candidate, and the satisfaction it adds for tracks to come.

    One weight for all moments: a bound for policies of this form, not the optimum.
    """

    name = "oracle"

    def __init__(self, listeners: TrueListeners, weight: float) -> None:
        self._listeners, self._weight = listeners, weight

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        now = log_odds(self._listeners.probabilities(seen))
        scores: Floats = (now + self._weight * self._listeners.gain(seen)).astype(np.float32)
        return scores
