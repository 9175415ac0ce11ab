"""What is drawn before a session is played: who listens when, and which tracks are on offer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from components.playlist_simulation.observation import Floats, Ints


@dataclass(frozen=True)
class Episodes:
    """n sessions before their first track. All chance is drawn here, so that policies can be compared in
    pairs: whoever plays, the same candidates are offered and the same random numbers decide.

    Attributes:
        session: int64 [n] row of the logged session that user, context and time are taken from.
        user: int64 [n].
        context: int64 [n].
        start: float64 [n] seconds since 1970.
        profile: float32 [n, D + 1], see SessionLog.profile.
        offers: int64 [n, L, C] rows of the items on offer at each of at most L steps; -1 = padding.
        heard: float32 [n, L, C] how often the user had heard them before the session.
        uniforms: float32 [n, L, 2] in [0, 1): decides the response, and whether the user leaves.
    """

    session: Ints
    user: Ints
    context: Ints
    start: npt.NDArray[np.float64]
    profile: Floats
    offers: Ints
    heard: Floats
    uniforms: Floats

    def __len__(self) -> int:
        return len(self.session)

    def take(self, rows: Ints) -> Self:
        """Some of them, in that order."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))
