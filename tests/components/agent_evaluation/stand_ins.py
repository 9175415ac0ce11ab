"""Small worlds and simple user models for tests of agent_evaluation."""

from __future__ import annotations

from functools import cache

import numpy as np

from components.listening_world.config import WorldConfig
from components.listening_world.generate import TrueLog, generate_true_log
from components.playlist_simulation.observation import Floats, Observation, ObservationSpec
from components.playlist_simulation.session_features import Catalogue


@cache
def small_world(**changes: int) -> TrueLog:
    return generate_true_log(
        WorldConfig(**{"users": 60, "items": 120, "sessions": 900, "candidates": 8, **changes})
    )


class CountingUserModel:
    """Likes what matches the profile and is popular, less with every track that it remembers."""

    name = "counting"

    def __init__(self, catalogue: Catalogue, tired: float = 0.05, bias: float = 0.0) -> None:
        spec = catalogue.spec(1)
        self._match, self._popularity = (
            spec.candidate.index(name) for name in ("match_profile", "popularity")
        )
        self._tired, self._bias = tired, bias

    def start(self, state: Floats) -> Floats:
        return np.zeros((len(state), 1), np.float32)

    def complete(self, memory: Floats, state: Floats, candidates: Floats) -> Floats:  # noqa: ARG002
        odds = candidates[..., self._match] + 0.3 * candidates[..., self._popularity] + self._bias
        return (1.0 / (1.0 + np.exp(self._tired * memory - odds))).astype(np.float32)

    def listen(
        self,
        memory: Floats,
        state: Floats,  # noqa: ARG002
        chosen: Floats,  # noqa: ARG002
        responses: Floats,
    ) -> tuple[Floats, Floats]:
        return memory + 1.0, np.where(responses < 0.5, 0.2, 0.1).astype(np.float32)


def observation(spec: ObservationSpec, sessions: int, seed: int = 0) -> Observation:
    """Random numbers of the right shapes; at least one candidate per row is allowed."""
    rng = np.random.default_rng(seed)
    mask = rng.random((sessions, spec.candidates)) < 0.6
    mask[:, -1] = True
    return Observation(
        rng.normal(size=(sessions, len(spec.state))).astype(np.float32),
        rng.normal(size=(sessions, spec.candidates, len(spec.candidate))).astype(np.float32),
        mask,
        rng.integers(0, 50, (sessions, spec.candidates)),
    )
