"""From an agent's action to the track that is played."""

from __future__ import annotations

import numpy as np

from components.playlist_simulation.observation import Floats, Ints, Observation


class TrackSampler:
    """No track is played twice in a session: where an action names one that was, or padding, the allowed
    candidate nearest to it by item features (Euclidean distance; of equal ones the first) is played instead.

    Attributes:
        replaced: How often that happened.
    """

    def __init__(self, features: Floats) -> None:
        """``features`` float32 [N + 1, D]; the last row is padding's, see Catalogue."""
        self._features = features
        self.replaced = 0

    def picks(self, seen: Observation, actions: Ints) -> Ints:
        """Positions of allowed candidates: int64 [n], for actions int64 [n] in [0, C)."""
        allowed = seen.mask[np.arange(len(actions)), actions]
        if allowed.all():
            return actions
        rows = np.flatnonzero(~allowed)
        self.replaced += len(rows)
        picks = actions.copy()
        items = seen.items[rows]
        named = items[np.arange(len(rows)), actions[rows]]
        apart = np.square(self._features[items] - self._features[named][:, None]).sum(axis=2)
        picks[rows] = np.where(seen.mask[rows], apart, np.inf).argmin(axis=1)
        return picks
