"""Writes down what happened in sessions, track by track: everything that is needed to debug a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Floats, Ints, Observation
from components.playlist_simulation.session_batch import End, HeardTrack
from noria.errors import DataError
from noria.files import replacing

_LISTS = ("candidates", "predictions", "scores")
_END_NAMES = np.array([end.name.lower() for end in End])


class EpisodeTracker:
    """Collects one row per heard track, of any number of policies; ``write`` makes a Parquet file of them.

    Columns: policy, episode (its number), session (row of the logged session), user, context, position;
    candidates (items), predictions (probability of completing each, as the listeners have it), scores (the
    policy's; -inf where forbidden, NaN where not told); action (position of the choice), item, prediction
    (of the choice), response, end (name of the rule that ended the session with this track, or goes_on).
    The reward is the response; in a slate it arrives with those of the whole slate.
    """

    def __init__(self, sessions: int | None = None) -> None:
        """Only episodes with numbers below ``sessions`` are written down; None: all."""
        self._limit = sessions
        self._rows: list[dict[str, Any]] = []
        self._chosen: list[tuple[Floats, Floats]] = []

    def choose(self, seen: Observation, scores: Floats | None, listeners: Listeners) -> None:
        """A track is about to be chosen by ``scores`` float32 [n, C]; None: nobody says by which."""
        if scores is None:
            scores = np.full(seen.mask.shape, np.nan, np.float32)
        self._chosen.append((listeners.probabilities(seen), scores))

    def heard(self, policy: str, track: HeardTrack, numbers: Ints, episodes: Episodes) -> None:
        """A track was heard in ``episodes`` with ``numbers`` int64 [n]."""
        predictions, scores = self._chosen.pop(0)
        told = track.heard if self._limit is None else track.heard & (numbers < self._limit)
        rows = np.flatnonzero(told)
        choice, items = track.choice[rows], track.chosen_from.items[rows]
        self._rows.append(
            {
                "policy": np.full(len(rows), policy),
                "episode": numbers[rows],
                "session": episodes.session[rows],
                "user": episodes.user[rows],
                "context": episodes.context[rows],
                "position": track.position[rows],
                "candidates": items,
                "predictions": predictions[rows],
                "scores": scores[rows],
                "action": choice,
                "item": items[np.arange(len(rows)), choice],
                "prediction": predictions[rows, choice],
                "response": track.responses[rows],
                "end": _END_NAMES[track.end[rows]],
            }
        )

    def table(self) -> pa.Table:
        """All rows, by policy, then episode, then position; raises DataError where there are none."""
        if not any(len(rows["episode"]) for rows in self._rows):
            raise DataError("no track was heard, so there is nothing to write down")
        columns: dict[str, Any] = {}
        for name in self._rows[0]:
            values = np.concatenate([rows[name] for rows in self._rows])
            columns[name] = (
                pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
                if name in _LISTS
                else pa.array(values)
            )
        order = [("policy", "ascending"), ("episode", "ascending"), ("position", "ascending")]
        return pa.table(columns).sort_by(order)

    def write(self, path: Path) -> None:
        """Writes ``table`` as Parquet."""
        table = self.table()
        with replacing(path) as temporary:
            pq.write_table(table, temporary)
