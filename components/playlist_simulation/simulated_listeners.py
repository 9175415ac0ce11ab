"""Listeners that a learned user model stands in for."""

from __future__ import annotations

import numpy as np

from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import UserModel
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation


class SimulatedListeners:
    """Sessions of a learned user model, side by side; implements Listeners."""

    def __init__(self, user_model: UserModel, sessions: int) -> None:
        self._model = user_model
        self._rows = np.arange(sessions)
        self._memory: Floats | None = None
        # Rows whose memory waits for the first observation of their session.
        self._fresh: Ints = self._rows

    def begin(self, rows: Ints, episodes: Episodes) -> None:  # noqa: ARG002
        """New sessions start in ``rows``."""
        self._fresh = np.union1d(self._fresh, rows)

    def probabilities(self, seen: Observation) -> Floats:
        """float32 [n, C]: how likely each candidate would be completed."""
        return self._model.complete(self._remembered(seen), seen.state, seen.candidates)

    def listen(self, seen: Observation, picks: Ints, uniforms: Floats) -> tuple[Floats, Bools]:
        """Plays the tracks at ``picks``; a response is 1 (completed) or 0."""
        memory = self._remembered(seen)
        chosen = seen.candidates[self._rows, picks]
        completed = self._model.complete(memory, seen.state, chosen[:, None])[:, 0]
        responses = (uniforms[:, 0] < completed).astype(np.float32)
        self._memory, leaving = self._model.listen(memory, seen.state, chosen, responses)
        return responses, uniforms[:, 1] < leaving

    def _remembered(self, seen: Observation) -> Floats:
        if len(self._fresh):
            started = self._model.start(seen.state[self._fresh])
            if self._memory is None:
                self._memory = np.zeros((len(self._rows), started.shape[1]), np.float32)
            elif not self._memory.flags.writeable:
                self._memory = self._memory.copy()
            self._memory[self._fresh] = started
            self._fresh = self._fresh[:0]
        assert self._memory is not None
        return self._memory
