"""What a user model remembers of many sessions that go on side by side."""

from __future__ import annotations

import numpy as np

from components.playlist_simulation.listeners import UserModel
from components.playlist_simulation.observation import Floats, Ints, Observation


class UserModelMemory:
    """Carries a user model along sessions of which only observations and answers are seen."""

    def __init__(self, model: UserModel) -> None:
        self.model = model
        self._memory: Floats | None = None

    def begin(self, rows: Ints, seen: Observation) -> None:
        """Sessions started in ``rows``; ``seen`` holds all rows."""
        if self._memory is None or len(rows) == len(seen.state):
            self._memory = np.array(self.model.start(seen.state))
        else:
            self._memory[rows] = self.model.start(seen.state[rows])

    def probabilities(self, seen: Observation) -> Floats:
        """Of completing each candidate: float32 [n, C]."""
        return self.model.complete(self._begun(), seen.state, seen.candidates)

    def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:
        """The candidates at ``picks`` [n] were answered by ``responses`` [n]."""
        memory = self._begun()
        if memory.shape[1]:
            chosen = seen.candidates[np.arange(len(picks)), picks]
            self._memory = np.array(self.model.listen(memory, seen.state, chosen, responses)[0])

    def _begun(self) -> Floats:
        if self._memory is None:
            raise ValueError("begin has to be called before a session goes on")
        return self._memory
