"""Logged sessions played back step by step, as an environment would show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation
from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from components.session_ingest.session_log import HeardIndex, SessionLog
from noria.errors import DataError


@dataclass(frozen=True)
class LoggedStep:
    """One step of n logged sessions side by side.

    Attributes:
        active: bool [n]: the session has a track here, and it was on offer; other rows hold no meaning.
        seen: What was known before the track: every track on offer that the session had not played yet.
        picks: int64 [n] position of the logged track among the candidates.
        responses: float32 [n].
        propensity: float32 [n].
    """

    active: Bools
    seen: Observation
    picks: Ints
    responses: Floats
    propensity: Floats


def logged_episodes(log: SessionLog, sessions: Ints) -> Episodes:
    """The offers and listeners of logged sessions [n]; ``uniforms`` are 0, for nothing is left to chance.

    Raises:
        DataError: The log does not say which tracks were on offer.
    """
    if log.offered is None:
        raise DataError("the log does not say which tracks could have been played")
    offers = log.padded(sessions, log.offered, -1)
    user = log.session_user[sessions]
    heard = HeardIndex(log).counts(user[:, None, None], np.maximum(offers, 0), sessions[:, None, None])
    return Episodes(
        session=sessions,
        user=user,
        context=log.session_context[sessions],
        start=log.session_start[sessions],
        profile=log.profile[sessions],
        offers=offers,
        heard=np.where(offers >= 0, heard, 0.0).astype(np.float32),
        uniforms=np.zeros((*offers.shape[:2], 2), np.float32),
    )


def replay(log: SessionLog, episodes: Episodes, catalogue: Catalogue) -> Iterator[LoggedStep]:
    """The steps of ``logged_episodes``, until the last of the sessions has ended."""
    sessions = episodes.session
    rows = np.arange(len(sessions))
    items = log.padded(sessions, log.item, -1)
    responses = log.padded(sessions, log.response, 0.0)
    propensity = log.padded(sessions, log.propensity, 1.0)
    features = SessionFeatures(catalogue, len(sessions))
    features.begin(rows, episodes.profile, episodes.context)
    for step in range(int(log.length[sessions].max(initial=0))):
        chosen, offers = items[:, step], episodes.offers[:, step]
        is_chosen = (offers == chosen[:, None]) & (chosen >= 0)[:, None]
        active = is_chosen.any(axis=1)
        played = (offers[:, :, None] == items[:, None, :step]).any(axis=2)
        mask = (offers >= 0) & (~played | is_chosen)
        mask[~active, 0] = True
        picks = is_chosen.argmax(axis=1)
        seen = features.observe(offers, episodes.heard[:, step], mask)
        yield LoggedStep(active, seen, picks, responses[:, step], propensity[:, step])
        features.place(chosen)
        features.respond(chosen, responses[:, step])
