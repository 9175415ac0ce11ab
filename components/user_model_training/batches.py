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
        weight: float32 [r]: how much each track counts.
    """

    first_state: Floats
    chosen: Floats
    responses: Floats
    places: Ints
    state: Floats
    left: Floats
    watched: Floats
    weight: Floats


def recency(rows: Replay, half_life: float | None) -> Floats:
    """How much each session counts, float32 [n] with mean 1: half as much per ``half_life`` days of age."""
    if half_life is None:
        return np.ones(rows.sessions, np.float32)
    age = (rows.start.max() - rows.start) / 86400.0
    weights = 0.5 ** (age / half_life)
    scaled: Floats = (weights / weights.mean()).astype(np.float32)
    return scaled


def batch_of(rows: Replay, sessions: Ints, weights: Floats | None = None) -> Batch:
    """The batch of some sessions, by position in the replay; its tracks keep their order.

    ``weights`` [n] of all sessions of the replay; None: 1.
    """
    steps = rows.first[sessions][:, None] + np.arange(rows.longest)
    inside = steps < rows.first[sessions + 1][:, None]
    tracks = steps[inside]
    chosen = np.zeros((*steps.shape, rows.chosen.shape[1]), np.float32)
    chosen[inside] = rows.chosen[tracks]
    counted = np.ones(len(sessions), np.float32) if weights is None else weights[sessions]
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
        weight=np.broadcast_to(counted[:, None], steps.shape)[inside],
    )
