"""From tracks in any order to whole sessions; what is wrong with sessions is counted and treated as told."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.event_ingest.chunks import contiguous
from components.event_ingest.numbers import Mask, mask
from components.event_ingest.problem_log import ProblemLog
from components.session_ingest.assemble import Sessions
from components.session_ingest.candidates import as_matrix
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.read_items import Items, text_array
from components.session_ingest.read_tracks import UNUSABLE
from noria.errors import DataError

Ints = npt.NDArray[np.int64]


def settle_sessions(
    tracks: pa.Table, items: Items, config: SessionIngestConfig, log: ProblemLog
) -> tuple[Sessions, tuple[str, ...]]:
    """Orders tracks by session and position, and sessions by start.

    Args:
        tracks: As ``read_tracks`` returns them.
        items: The known tracks.
        config: How long sessions may be, and which contexts come first.
        log: Where problems are counted.

    Returns:
        The sessions, and the names of their contexts.

    Raises:
        DataError: No track is left.
    """
    tracks = _settle_given(tracks, config, log)
    tracks = _ordered(tracks)
    tracks = _without_problems(tracks, config, log)
    if not len(tracks):
        raise DataError(f"source.path={config.source.path}: no session is left")
    code, ids = _codes(tracks, "session")
    first = _firsts(code)
    start = tracks["second"].to_numpy()[first]
    # Sessions by start, of equal ones by name; tracks move with their sessions.
    rank = np.empty(len(ids), np.int64)
    rank[code[first][np.lexsort((ids[code[first]], start))]] = np.arange(len(ids))
    tracks = tracks.take(np.argsort(rank[code], kind="stable"))
    first = _firsts(_codes(tracks, "session")[0])
    user, user_ids = _codes(tracks, "user")
    context, contexts = _contexts(tracks, config)
    lists = contiguous(tracks["candidates"])
    propensity = tracks["propensity"].to_numpy().astype(np.float32)
    return (
        Sessions(
            features=items.features,
            item_ids=items.ids,
            user_ids=user_ids,
            user=user[first],
            context=context[first],
            start=tracks["second"].to_numpy()[first],
            lengths=np.diff(first, append=len(tracks)),
            item=tracks["item"].to_numpy(),
            response=tracks["response"].to_numpy().astype(np.float32),
            propensity=np.where(propensity == UNUSABLE, np.float32(np.nan), propensity),
            offered=None if lists.null_count else as_matrix(lists),
        ),
        contexts,
    )


def _settle_given(tracks: pa.Table, config: SessionIngestConfig, log: ProblemLog) -> pa.Table:
    """Propensities and candidates: all rows have them, or the log counts as one without."""
    without = {
        "missing_propensity": np.isnan(tracks["propensity"].to_numpy()) & bool(config.columns.propensity),
        "missing_candidates": mask(contiguous(tracks["candidates"]).is_null())
        & bool(config.columns.candidates),
    }
    alive = np.ones(len(tracks), bool)
    for problem, wrong in without.items():
        # A column that is empty throughout says that the log has none.
        if not wrong.all():
            log.examine(problem, wrong, alive, lambda row: _describe(tracks, row))
    return tracks.filter(pa.array(alive))


def _ordered(tracks: pa.Table) -> pa.Table:
    code, _ = _codes(tracks, "session")
    return tracks.take(np.lexsort((tracks["position"].to_numpy(), code)))


def _without_problems(tracks: pa.Table, config: SessionIngestConfig, log: ProblemLog) -> pa.Table:
    """``tracks`` are ordered; what is left is in the same order."""
    code, _ = _codes(tracks, "session")
    position = tracks["position"].to_numpy()
    again = np.zeros(len(tracks), bool)
    again[1:] = (np.diff(code) == 0) & (np.diff(position) == 0)
    tracks = _examined("duplicate_position", again, tracks, log)

    first = _of_session(tracks)
    different = np.zeros(len(tracks), bool)
    for name in ("user", "context"):
        value, _ = _codes(tracks, name)
        different |= value != value[first]
    tracks = _examined("mixed_session", different, tracks, log)

    late = np.arange(len(tracks)) - _of_session(tracks) >= config.longest
    tracks = _examined("long_session", late, tracks, log)

    code, _ = _codes(tracks, "session")
    single = np.bincount(code)[code] == 1 if len(code) else np.zeros(0, bool)
    return _examined("single_track_session", single, tracks, log)


def _examined(problem: str, wrong: Mask, tracks: pa.Table, log: ProblemLog) -> pa.Table:
    alive = np.ones(len(tracks), bool)
    log.examine(problem, wrong, alive, lambda row: _describe(tracks, row))
    return tracks.filter(pa.array(alive))


def _describe(tracks: pa.Table, row: int) -> str:
    session, user, position = (tracks[name][row].as_py() for name in ("session", "user", "position"))
    return f"session {session}, user {user}, position {position:g}"


def _codes(tracks: pa.Table, name: str) -> tuple[Ints, npt.NDArray[np.str_]]:
    """int64 number per row of a column of text, and the texts: ascending, each once."""
    encoded = contiguous(tracks[name]).dictionary_encode()
    texts, rank = np.unique(text_array(encoded.dictionary), return_inverse=True)
    codes: Ints = rank.astype(np.int64)[encoded.indices.to_numpy()]
    return codes, texts


def _firsts(code: Ints) -> Ints:
    """Rows at which a new number begins."""
    return np.flatnonzero(np.diff(code, prepend=-1))


def _of_session(tracks: pa.Table) -> Ints:
    """int64 [n]: the row of the first track of each one's session."""
    first = _firsts(_codes(tracks, "session")[0])
    return np.repeat(first, np.diff(first, append=len(tracks)))


def _contexts(tracks: pa.Table, config: SessionIngestConfig) -> tuple[Ints, tuple[str, ...]]:
    code, found = _codes(tracks, "context")
    names = (*config.contexts, *(name for name in found.tolist() if name not in config.contexts))
    place = np.array([names.index(name) for name in found.tolist()], np.int64)
    return place[code], names
