"""What agents are trained in: many episodes side by side, each restarting by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec


@dataclass(frozen=True)
class Step:
    """What n episodes answer to n actions.

    Attributes:
        rewards: float32 [n].
        ended: bool [n]: the episode is over; nothing follows that a value could be carried on from.
        seen: The next observation: of the same episode, or of the new one that took its row.
    """

    rewards: Floats
    ended: Bools
    seen: Observation


class BatchEnvironment(Protocol):
    """n episodes at once. The playlist simulator is one; tests have a bandit and a chain.

    Attributes:
        spec: Sizes of its observations.
        episodes: n.
    """

    spec: ObservationSpec
    episodes: int

    def reset(self, seed: int) -> Observation:
        """Starts n episodes; everything that follows depends on ``seed`` and the actions only."""

    def step(self, actions: Ints) -> Step:
        """Chooses candidate ``actions`` int64 [n] in each episode. Agents choose what the mask allows.

        The playlist simulator plays the nearest allowed track instead of a forbidden one, and counts it.
        """
