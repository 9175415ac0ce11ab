"""Tracks on offer, drawn uniformly among those that a session has not played."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.listening_world.world import Ints


def draw_offers(used: npt.NDArray[np.bool_], rows: Ints, candidates: int, rng: np.random.Generator) -> Ints:
    """Different tracks for every session, each set equally likely.

    Args:
        used: bool [n, N]: tracks that each session has played.
        rows: int64 [k]: sessions to draw for.
        candidates: C; at least so many tracks of each of them are not played.
        rng: Where chance comes from.

    Returns:
        int64 [k, C] rows of tracks.
    """
    items = used.shape[1]
    offers = rng.integers(0, items, (len(rows), candidates))
    earlier = np.tri(candidates, k=-1, dtype=bool)
    again = np.arange(len(rows))
    while len(again):
        drawn = offers[again]
        # A track that was played, or stands further left already, is drawn anew.
        wrong = used[rows[again, None], drawn]
        wrong |= ((drawn[:, :, None] == drawn[:, None, :]) & earlier).any(axis=2)
        again = again[wrong.any(axis=1)]
        wrong = wrong[wrong.any(axis=1)]
        replaced = offers[again]
        replaced[wrong] = rng.integers(0, items, int(wrong.sum()))
        offers[again] = replaced
    return offers
