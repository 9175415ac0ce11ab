"""The layout of a SessionLog artifact: what every later step of the playlist pipeline reads.

Layout::

    tracks.parquet     one row per track that was played, by start of session, then position
    sessions.parquet   one row per session, by start
    items.npz          features float32 [items, D], popularity float32 [items], ids str [items]
    users.npz          ids str [users]
    facts.json         SessionFacts

Everything that later steps learn from is known at the start of a session: ``profile`` and the counts of
``HeardIndex`` rest on earlier sessions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from components.listening_world.config import WorldConfig
from noria.errors import DataError
from noria.files import read_json, replacing, write_json
from noria.typed_config import TypedConfig, parse_config

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class SessionFacts(TypedConfig):
    """``facts.json``."""

    features: tuple[str, ...] = Field(description="Names of the item features, in the order of the columns.")
    contexts: tuple[str, ...] = Field(description="Names of the contexts; one name where there are none.")
    longest: int = Field(ge=1, description="Tracks of the longest session; no simulated one is longer.")
    completed_at: float = Field(description="A response of at least this counts as a completed track.")
    propensities: bool = Field(description="Whether every track of the log has a propensity.")
    candidates: bool = Field(description="Whether the log says which tracks could have been played.")
    problems: dict[str, int] = Field(default={}, description="Rows with a problem, counted by kind.")
    examples: dict[str, list[str]] = Field(default={}, description="The first such rows by kind.")
    counts: dict[str, int] = Field(default={}, description="sessions, tracks, users, items; per split too.")
    source_digest: str = Field(default="", description="Content digest of what was read.")
    world: WorldConfig | None = Field(default=None, description="The truth, where the world made the log.")


@dataclass(frozen=True)
class SessionLog:
    """A session log in memory; S sessions, T tracks, N items, M users, D item features.

    Attributes:
        facts: Names and counts.
        features: float32 [N, D], standardised (mean 0, deviation 1 over items).
        popularity: float32 [N], standardised: smoothed completion rate over the training split.
        item_ids: str [N].
        user_ids: str [M].
        session_user: int64 [S] row of the user.
        session_context: int64 [S] position in ``facts.contexts``.
        session_start: float64 [S] seconds since 1970, ascending.
        session_split: int8 [S], position in SPLITS; ascending, for the split is by time.
        profile: float32 [S, D + 1]: what the user liked before this session: sum of (response - mean
            response) * features over the tracks of earlier sessions / (number of tracks + 10); then
            0.2 * log(1 + number of tracks), which tells how far that can be relied on.
        first: int64 [S + 1]: tracks of session s are rows first[s] to first[s + 1].
        item: int64 [T] row of the item.
        response: float32 [T] in [0, 1].
        propensity: float32 [T], probability with which the logging policy chose the item; NaN = not given.
        offered: int64 [T, C] rows of the items it chose from (the chosen one among them), -1 = padding;
            None where the log does not say.
    """

    facts: SessionFacts
    features: Floats
    popularity: Floats
    item_ids: npt.NDArray[np.str_]
    user_ids: npt.NDArray[np.str_]
    session_user: Ints
    session_context: Ints
    session_start: npt.NDArray[np.float64]
    session_split: npt.NDArray[np.int8]
    profile: Floats
    first: Ints
    item: Ints
    response: Floats
    propensity: Floats
    offered: Ints | None

    @property
    def length(self) -> Ints:
        """Tracks per session: int64 [S]."""
        return np.diff(self.first)

    def sessions(self, split: Split) -> Ints:
        """Rows of the sessions of a split."""
        return np.flatnonzero(self.session_split == SPLITS.index(split))

    def padded(self, sessions: Ints, values: npt.NDArray[Any], fill: float) -> npt.NDArray[Any]:
        """Values per track [T, ...] as [len(sessions), longest, ...], padded with ``fill``."""
        steps = self.first[sessions][:, None] + np.arange(self.facts.longest)
        inside = steps < self.first[sessions + 1][:, None]
        taken: npt.NDArray[Any] = values[np.where(inside, steps, 0)]
        taken[~inside] = fill
        return taken

    def save(self, folder: Path) -> None:
        """Writes the folder."""
        lengths = self.length
        tracks: dict[str, Any] = {
            "session": np.repeat(np.arange(len(lengths)), lengths),
            "position": np.arange(len(self.item)) - np.repeat(self.first[:-1], lengths),
            "item": self.item,
            "response": self.response,
            "propensity": self.propensity,
        }
        if self.offered is not None:
            width = self.offered.shape[1]
            tracks["offered"] = pa.FixedSizeListArray.from_arrays(pa.array(self.offered.ravel()), width)
        sessions = {
            "user": self.session_user,
            "context": self.session_context,
            "start": self.session_start,
            "split": self.session_split,
            "tracks": lengths,
            "profile": pa.FixedSizeListArray.from_arrays(
                pa.array(self.profile.ravel()), self.profile.shape[1]
            ),
        }
        for name, columns in (("tracks", tracks), ("sessions", sessions)):
            with replacing(folder / f"{name}.parquet") as temporary:
                pq.write_table(pa.table(columns), temporary)
        with replacing(folder / "items.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, features=self.features, popularity=self.popularity, ids=self.item_ids)
        with replacing(folder / "users.npz") as temporary, temporary.open("wb") as file:
            np.savez(file, ids=self.user_ids)
        write_json(folder / "facts.json", self.facts.model_dump(mode="json"))

    @classmethod
    def load(cls, folder: Path) -> SessionLog:
        """Reads the folder; raises DataError where it is none."""
        if not (folder / "facts.json").is_file():
            raise DataError(f"{folder} holds no facts.json", hint="give the output folder of session_ingest")
        facts = parse_config(
            SessionFacts, read_json(folder / "facts.json"), origin=str(folder / "facts.json")
        )
        tracks = pq.read_table(folder / "tracks.parquet")
        sessions = pq.read_table(folder / "sessions.parquet")
        with np.load(folder / "items.npz") as items, np.load(folder / "users.npz") as users:
            features, popularity = items["features"], items["popularity"]
            item_ids, user_ids = items["ids"], users["ids"]
        first = np.concatenate([[0], np.cumsum(sessions["tracks"].to_numpy())])
        return cls(
            facts=facts,
            features=features,
            popularity=popularity,
            item_ids=item_ids,
            user_ids=user_ids,
            session_user=sessions["user"].to_numpy(),
            session_context=sessions["context"].to_numpy(),
            session_start=sessions["start"].to_numpy(),
            session_split=sessions["split"].to_numpy(),
            profile=_matrix(sessions["profile"]),
            first=first,
            item=tracks["item"].to_numpy(),
            response=tracks["response"].to_numpy(),
            propensity=tracks["propensity"].to_numpy(),
            offered=_matrix(tracks["offered"]) if facts.candidates else None,
        )


class HeardIndex:
    """How often users heard items before a moment: a lookup over the whole log, by binary search.

    A track counts from the start of the next session of its user on.
    """

    def __init__(self, log: SessionLog) -> None:
        self._items = len(log.features)
        self._sessions = len(log.session_user)
        session = np.repeat(np.arange(self._sessions), log.length)
        pair = log.session_user[session] * self._items + log.item
        # (user, item, session) as one number, so that a count is the distance of two places.
        self._keys = np.sort(pair * (self._sessions + 1) + session)

    def counts(self, users: Ints, items: Ints, sessions: Ints) -> Floats:
        """float32, of the broadcast shape: tracks of ``items`` that ``users`` heard before ``sessions``."""
        start = (users * self._items + items) * (self._sessions + 1)
        before = np.searchsorted(self._keys, start + sessions)
        counts: Floats = (before - np.searchsorted(self._keys, start)).astype(np.float32)
        return counts


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    flat: npt.NDArray[Any] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, column.type.list_size)
