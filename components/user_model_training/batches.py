"""Sessions of a replay as padded batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.playlist_simulation.observation import Floats, Ints
from components.user_model_training.replay import Replay


@dataclass(frozen=True)
class Batch:
    """b sessions with r tracks in all.

    Attributes:
        first_state: float32 [b, S] of their first tracks.
        chosen: float32 [b, L, F], padded with zeros.
        responses: float32 [b, L], padded with zeros.
        places: int64 [r]: where each track lies in [b * L].
        state: float32 [r, S].
        left: float32 [r].
        watched: float32 [r], 1 or 0.
    """

    first_state: Floats
    chosen: Floats
    responses: Floats
    places: Ints
    state: Floats
    left: Floats
    watched: Floats


def batch_of(rows: Replay, sessions: Ints) -> Batch:
    """The batch of some sessions, by position in the replay; its tracks keep their order."""
    steps = rows.first[sessions][:, None] + np.arange(rows.longest)
    inside = steps < rows.first[sessions + 1][:, None]
    tracks = steps[inside]
    chosen = np.zeros((*steps.shape, rows.chosen.shape[1]), np.float32)
    chosen[inside] = rows.chosen[tracks]
    responses = np.zeros(steps.shape, np.float32)
    responses[inside] = rows.response[tracks]
    return Batch(
        first_state=rows.state[rows.first[sessions]],
        chosen=chosen,
        responses=responses,
        places=np.flatnonzero(inside),
        state=rows.state[tracks],
        left=rows.left[tracks],
        watched=rows.watched[tracks].astype(np.float32),
    )
