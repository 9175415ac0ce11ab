"""What is observed of sessions as they go on, many at once; the same on logs and in simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec
from components.session_ingest.session_log import SessionLog

# What is left of a running mean after a track.
RECENT_DECAY = 0.7
ANSWERED_DECAY = 0.9
RESPONSE_DECAY = 0.7
SKIPS_SCALE = 0.2
_SCALARS = ("progress", "mean_response", "recent_response", "skips_in_a_row", "history")
_MATCHES = ("profile", "recent", "completed", "skipped")


@dataclass(frozen=True)
class Catalogue:
    """What is observed of items and contexts.

    Attributes:
        features: float32 [N + 1, D + 1]: item features and popularity; the last row, of zeros, is padding's.
        feature_names: D names.
        contexts: K names.
        longest: Tracks of the longest session.
    """

    features: Floats
    feature_names: tuple[str, ...]
    contexts: tuple[str, ...]
    longest: int

    @classmethod
    def of(cls, log: SessionLog) -> Catalogue:
        """The catalogue of a log."""
        known = np.concatenate([log.features, log.popularity[:, None]], axis=1)
        padded = np.concatenate([known, np.zeros((1, known.shape[1]), np.float32)]).astype(np.float32)
        return cls(padded, log.facts.features, log.facts.contexts, log.facts.longest)

    def spec(self, candidates: int) -> ObservationSpec:
        """Sizes and names of observations with so many candidates."""
        names = self.feature_names
        state = [f"profile_{name}" for name in names] + [f"context_{name}" for name in self.contexts]
        for kind in _MATCHES[1:]:
            state += [f"{kind}_{name}" for name in names]
        matches = [f"match_{kind}" for kind in _MATCHES]
        return ObservationSpec((*state, *_SCALARS), (*names, "popularity", "log_heard", *matches), candidates)


class SessionFeatures:
    """Observations of n sessions that go on side by side.

    ``place`` tells which track is played, ``respond`` how it was answered; between the two a slate may hold
    tracks whose answers are not known yet.
    """

    def __init__(self, catalogue: Catalogue, sessions: int) -> None:
        self._catalogue = catalogue
        depth, contexts = len(catalogue.feature_names), len(catalogue.contexts)
        self._depth = depth
        self._context = slice(depth, depth + contexts)
        width = depth + contexts
        self._recent, self._completed, self._skipped = (
            slice(width + i * depth, width + (i + 1) * depth) for i in range(3)
        )
        self._first_scalar = width + 3 * depth
        self._state = np.zeros((sessions, self._first_scalar + len(_SCALARS)), np.float32)
        self._placed = np.zeros(sessions, np.float32)
        self._answered = np.zeros(sessions, np.float32)
        self._responses = np.zeros(sessions, np.float32)

    def begin(self, rows: Ints, profile: Floats, context: Ints) -> None:
        """Sessions start in ``rows`` [k] with profiles [k, D + 1] and contexts [k]."""
        state = self._state
        state[rows] = 0.0
        state[rows, : self._depth] = profile[:, :-1]
        state[rows, self._first_scalar + 4] = profile[:, -1]
        state[rows, self._depth + context] = 1.0
        self._placed[rows] = self._answered[rows] = self._responses[rows] = 0.0

    def observe(self, items: Ints, heard: Floats, mask: Bools) -> Observation:
        """The observation of all n sessions; it shares no memory with later ones.

        Args:
            items: int64 [n, C] rows of the candidates, -1 = padding.
            heard: float32 [n, C] how often the user had heard them before the session.
            mask: bool [n, C] which may be chosen.
        """
        state = self._state
        rows, columns = items.shape
        depth = self._depth
        candidates = np.empty((rows, columns, depth + 2 + len(_MATCHES)), np.float32)
        candidates[..., : depth + 1] = self._catalogue.features[items]
        candidates[..., depth + 1] = np.log1p(heard)
        means = np.stack(
            [state[:, :depth], state[:, self._recent], state[:, self._completed], state[:, self._skipped]],
            axis=2,
        )
        candidates[..., depth + 2 :] = candidates[..., :depth] @ means
        return Observation(state.copy(), candidates, mask, items)

    def place(self, items: Ints) -> None:
        """Track ``items`` [n] is played next in each session."""
        state, features = self._state, self._catalogue.features[items, : self._depth]
        state[:, self._recent] *= RECENT_DECAY
        state[:, self._recent] += (1.0 - RECENT_DECAY) * features
        self._placed += 1.0
        state[:, self._first_scalar] = self._placed / self._catalogue.longest

    def respond(self, items: Ints, responses: Floats) -> None:
        """The oldest unanswered track, ``items`` [n], was answered by ``responses`` [n] in [0, 1]."""
        state, features = self._state, self._catalogue.features[items, : self._depth]
        for part, weight in ((self._completed, responses), (self._skipped, 1.0 - responses)):
            state[:, part] *= ANSWERED_DECAY
            state[:, part] += (1.0 - ANSWERED_DECAY) * weight[:, None] * features
        self._answered += 1.0
        self._responses += responses
        at = self._first_scalar
        state[:, at + 1] = self._responses / self._answered
        state[:, at + 2] = RESPONSE_DECAY * state[:, at + 2] + (1.0 - RESPONSE_DECAY) * responses
        state[:, at + 3] = np.where(responses < 0.5, state[:, at + 3] + SKIPS_SCALE, 0.0)
