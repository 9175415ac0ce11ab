"""What an agent sees: numbers about the session so far, and numbers about every candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ObservationSpec:
    """Sizes of an observation, with names for pictures and debugging.

    Attributes:
        state: Names of the state's columns; S of them.
        candidate: Names of a candidate's columns; F of them.
        candidates: Candidates per step; C.
    """

    state: tuple[str, ...]
    candidate: tuple[str, ...]
    candidates: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape per tensor of one observation, by the names that policies' signatures use."""
        return {
            "state": (len(self.state),),
            "candidates": (self.candidates, len(self.candidate)),
            "mask": (self.candidates,),
        }


@dataclass(frozen=True)
class Observation:
    """What n sessions show before a track is chosen.

    Attributes:
        state: float32 [n, S].
        candidates: float32 [n, C, F].
        mask: bool [n, C]: True where a candidate may be chosen; at least one per row.
        items: int64 [n, C] rows of the candidates' items, -1 = padding. Agents do not look at it.
    """

    state: Floats
    candidates: Floats
    mask: Bools
    items: Ints
