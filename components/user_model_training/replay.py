"""Logged sessions as rows that a user model learns from: what was observed when each track was played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from components.playlist_simulation.observation import Bools, Floats, Ints
from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from components.session_ingest.assemble import popularity
from components.session_ingest.session_log import HeardIndex, SessionLog, Split
from noria.errors import DataError

# Parts of the training sessions; popularity in one is that of the others.
_FOLDS = 10
# Sessions replayed side by side; bounds the memory that padding takes.
_AT_ONCE = 8192


@dataclass(frozen=True)
class Replay:
    """T tracks of n sessions, session after session.

    Attributes:
        state: float32 [T, S] observed before the track.
        chosen: float32 [T, F], the track's row of the candidates.
        response: float32 [T].
        left: float32 [T]: 1 where the session ended after the track because the user left.
        watched: bool [T]: whether that is known. It is not after the last track of a session as long as the
            longest, which may have been cut there.
        first: int64 [n + 1]: tracks of session i are rows first[i] to first[i + 1].
        track: int64 [T] row of the log.
        start: float64 [n] seconds since 1970.
        longest: Tracks of the longest session of the log.
    """

    state: Floats
    chosen: Floats
    response: Floats
    left: Floats
    watched: Bools
    first: Ints
    track: Ints
    start: npt.NDArray[np.float64]
    longest: int

    def __len__(self) -> int:
        return len(self.response)

    @property
    def sessions(self) -> int:
        """n."""
        return len(self.first) - 1

    @property
    def session(self) -> Ints:
        """int64 [T]: position of each track's session."""
        return np.repeat(np.arange(self.sessions), np.diff(self.first))

    @classmethod
    def of(cls, log: SessionLog, split: Split) -> Self:
        """Replays the sessions of a split.

        The log's popularity rests on the training split. On a row of that split it would hold the very
        response that is to be predicted; there it is made of the other sessions (cross-fitting).

        Raises:
            DataError: It has none.
        """
        sessions = log.sessions(split)
        if not len(sessions):
            raise DataError(
                f"the log has no sessions in its {split} split",
                hint="raise session_ingest's shares of validation and test, or give it more sessions",
            )
        catalogue, heard = Catalogue.of(log), HeardIndex(log)
        parts = [
            _replay(log, catalogue, heard, sessions[start : start + _AT_ONCE])
            for start in range(0, len(sessions), _AT_ONCE)
        ]
        state, chosen, track = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        length = log.length[sessions]
        first = np.concatenate([[0], np.cumsum(length)])
        if split == "train":
            fold = np.repeat(np.arange(len(sessions)) % _FOLDS, length)
            chosen[:, catalogue.spec(1).candidate.index("popularity")] = _popularity_of_others(
                log, track, fold
            )
        longest = log.facts.longest
        left, watched = np.zeros(len(track), np.float32), np.ones(len(track), np.bool_)
        left[first[1:] - 1] = length < longest
        watched[first[1:] - 1] = length < longest
        start = log.session_start[sessions]
        return cls(state, chosen, log.response[track], left, watched, first, track, start, longest)


def _replay(
    log: SessionLog, catalogue: Catalogue, heard: HeardIndex, sessions: Ints
) -> tuple[Floats, Floats, Ints]:
    longest = int(log.length[sessions].max())
    items = log.padded(sessions, log.item, -1)[:, :longest]
    responses = log.padded(sessions, log.response, 0.0)[:, :longest]
    counts = heard.counts(log.session_user[sessions][:, None], items, sessions[:, None])
    spec = catalogue.spec(1)
    state = np.empty((len(sessions), longest, len(spec.state)), np.float32)
    chosen = np.empty((len(sessions), longest, len(spec.candidate)), np.float32)
    features = SessionFeatures(catalogue, len(sessions))
    features.begin(np.arange(len(sessions)), log.profile[sessions], log.session_context[sessions])
    allowed = np.ones((len(sessions), 1), np.bool_)
    for position in range(longest):
        at = slice(position, position + 1)
        # Padding goes on as a track of zeros; its rows are left out below.
        seen = features.observe(items[:, at], np.where(items[:, at] < 0, 0, counts[:, at]), allowed)
        state[:, position], chosen[:, position] = seen.state, seen.candidates[:, 0]
        features.place(items[:, position])
        features.respond(items[:, position], responses[:, position])
    inside = items >= 0
    track = (log.first[sessions][:, None] + np.arange(longest))[inside]
    return state[inside], chosen[inside], track


def _popularity_of_others(log: SessionLog, track: Ints, fold: Ints) -> Floats:
    """float32 [T]: popularity of the tracks' items, by the tracks of other folds."""
    item, completed = log.item[track], log.response[track] >= log.facts.completed_at
    found = np.empty(len(track), np.float32)
    for number in np.unique(fold):
        own = fold == number
        found[own] = popularity(item[~own], completed[~own], len(log.features))[item[own]]
    return found
