"""From clean sessions in arrays to a SessionLog: splits by time, popularity, and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.session_ingest.session_log import SPLITS, Floats, Ints, SessionFacts, SessionLog

# So many tracks with the mean response does every user's profile and every item's popularity start from.
_PRIOR_TRACKS = 10.0
_HISTORY_SCALE = 0.2


@dataclass(frozen=True)
class Sessions:
    """Clean sessions; attributes as in SessionLog, which stays after ``assemble`` has derived the others.

    Sessions are ascending by start, tracks by session, then position.
    """

    features: npt.NDArray[np.float64] | Floats
    item_ids: npt.NDArray[np.str_]
    user_ids: npt.NDArray[np.str_]
    user: Ints
    context: Ints
    start: npt.NDArray[np.float64]
    lengths: Ints
    item: Ints
    response: Floats
    propensity: Floats
    offered: Ints | None


def assemble(sessions: Sessions, facts: dict[str, Any], validation: float, test: float) -> SessionLog:
    """The log.

    Args:
        sessions: At least one.
        facts: Fields of SessionFacts but ``propensities``, ``candidates`` and ``counts``.
        validation: Share of the sessions for validation, those before the test split's.
        test: Share of the sessions for test, the latest.
    """
    count = len(sessions.start)
    bounds = count - np.round(np.array([validation + test, test]) * count).astype(np.int64)
    split = np.searchsorted(bounds, np.arange(count), side="right").astype(np.int8)
    session = np.repeat(np.arange(count), sessions.lengths)
    trained = split[session] == SPLITS.index("train")
    features = _standardised(np.asarray(sessions.features, np.float64))
    completed = sessions.response >= facts["completed_at"]
    counts = {
        "sessions": count,
        "tracks": len(session),
        "users": len(sessions.user_ids),
        "items": len(sessions.item_ids),
    }
    for position, name in enumerate(SPLITS):
        counts[f"{name}_sessions"] = int((split == position).sum())
        counts[f"{name}_tracks"] = int((split[session] == position).sum())
    return SessionLog(
        facts=SessionFacts(
            propensities=bool(np.isfinite(sessions.propensity).all()),
            candidates=sessions.offered is not None,
            counts=counts,
            **facts,
        ),
        features=features.astype(np.float32),
        popularity=popularity(sessions.item[trained], completed[trained], len(features)),
        item_ids=sessions.item_ids,
        user_ids=sessions.user_ids,
        session_user=sessions.user,
        session_context=sessions.context,
        session_start=sessions.start,
        session_split=split,
        profile=_profiles(sessions, features, _mean(sessions.response[trained])),
        first=np.concatenate([[0], np.cumsum(sessions.lengths)]),
        item=sessions.item,
        response=sessions.response.astype(np.float32),
        propensity=sessions.propensity.astype(np.float32),
        offered=sessions.offered,
    )


def popularity(item: Ints, completed: npt.NDArray[np.bool_], items: int) -> Floats:
    """Smoothed completion rate of every item, standardised.

    Args:
        item: int64 [n] row of the item of each track.
        completed: bool [n].
        items: N.

    Returns:
        float32 [N].
    """
    played = np.bincount(item, minlength=items)
    done = np.bincount(item, weights=completed, minlength=items)
    rate = (done + _PRIOR_TRACKS * _mean(completed)) / (played + _PRIOR_TRACKS)
    return _standardised(rate[:, None])[:, 0].astype(np.float32)


def _profiles(sessions: Sessions, features: npt.NDArray[np.float64], mean_response: float) -> Floats:
    """float32 [S, D + 1]: see SessionLog.profile."""
    excess = (sessions.response - mean_response)[:, None] * features[sessions.item]
    starts = np.cumsum(sessions.lengths) - sessions.lengths
    sums = np.concatenate([np.add.reduceat(excess, starts, axis=0), sessions.lengths[:, None]], axis=1)
    # Sessions of a user behind each other; a running total within each user, without the session itself.
    order = np.argsort(sessions.user, kind="stable")
    sums = sums[order]
    before = np.cumsum(sums, axis=0) - sums
    user = sessions.user[order]
    first = np.flatnonzero(np.diff(user, prepend=-1))
    before -= np.repeat(before[first], np.diff(first, append=len(user)), axis=0)
    tracks = before[:, -1:]
    profile = np.empty((len(user), features.shape[1] + 1), np.float32)
    profile[order] = np.concatenate(
        [before[:, :-1] / (tracks + _PRIOR_TRACKS), _HISTORY_SCALE * np.log1p(tracks)], axis=1
    )
    return profile


def _standardised(columns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean 0, deviation 1 per column; a column of one value becomes 0."""
    deviation = columns.std(axis=0)
    constant = deviation <= 1e-9 * np.maximum(np.abs(columns).max(axis=0), 1e-30)
    scaled: npt.NDArray[np.float64] = (columns - columns.mean(axis=0)) / np.where(constant, 1.0, deviation)
    return np.where(constant, 0.0, scaled)


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else 0.0
