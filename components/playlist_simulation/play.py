"""Plays a policy through given episodes, once each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_tracker import EpisodeTracker
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Floats, Ints
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_batch import End, SessionBatch
from components.playlist_simulation.session_features import Catalogue
from noria.errors import DataError


@dataclass(frozen=True)
class Played:
    """What came of n episodes, of at most L tracks.

    Attributes:
        returns: float32 [n], sum of the responses.
        lengths: int64 [n], tracks heard.
        responses: float32 [n, L] by position, NaN behind the end.
        replaced: Choices that the track sampler replaced, for the mask forbade them.
    """

    returns: Floats
    lengths: Ints
    responses: Floats
    replaced: int


def play_sessions(
    policy: Policy,
    listeners: Listeners,
    episodes: Episodes,
    catalogue: Catalogue,
    config: SimulationConfig,
    tracker: EpisodeTracker | None = None,
) -> Played:
    """Plays all episodes side by side, until the last has ended.

    Policies that are given the same episodes can be compared in pairs. ``listeners`` holds as many sessions
    as there are episodes. Sessions that have ended stay in the batch, so that policies and listeners that
    remember keep their rows; what they say about these is not used.
    """
    rows = np.arange(len(episodes))
    sessions = SessionBatch(catalogue, config, listeners, len(episodes))
    sessions.begin(rows, episodes)
    tracks = config.tracks(catalogue.longest)
    responses = np.full((len(episodes), tracks), np.nan, np.float32)
    seen = sessions.observe()
    policy.begin(rows, seen)
    while (sessions.end == End.GOES_ON).any():
        scores = np.where(seen.mask, policy.scores(seen), -np.inf)
        if np.isnan(scores).any():
            raise DataError(f"policy {policy.name} scored {np.isnan(scores).sum()} candidates NaN")
        picks = scores.argmax(axis=1)
        if tracker is not None:
            tracker.choose(seen, scores, listeners)
        for heard in sessions.choose(seen, picks):
            policy.heard(heard.seen, heard.picks, heard.responses)
            responses[heard.heard, heard.position[heard.heard]] = heard.responses[heard.heard]
            if tracker is not None:
                tracker.heard(policy.name, heard, rows, episodes)
        seen = sessions.observe()
    lengths = (~np.isnan(responses)).sum(axis=1)
    returns = np.nansum(responses, axis=1, dtype=np.float32)
    return Played(returns, lengths, responses, sessions.track_sampler.replaced)
