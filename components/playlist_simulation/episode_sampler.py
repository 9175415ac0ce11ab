"""Draws episodes: who listens comes from the sessions of a split, what is on offer from a pool or the log."""

from __future__ import annotations

from typing import cast

import numpy as np

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Floats, Ints
from components.session_ingest.session_log import HeardIndex, SessionLog, Split
from noria.errors import ConfigError


class EpisodeSampler:
    """Draws episodes of one split.

    User, context, start and profile are those of a logged session. With ``offers: catalogue`` a pool of
    different tracks is drawn for each episode, uniformly, and each step offers different tracks of it, drawn
    anew. A step can then be left with nothing to choose only after as many steps as there are candidates;
    from there on one of its candidates is a track that no other step offers. With ``offers: logged`` a step
    offers what the log offered at that position of the session; behind its end, what was offered at tracks
    drawn from the whole split.
    """

    def __init__(self, log: SessionLog, config: SimulationConfig, split: Split) -> None:
        """Raises ConfigError where such episodes cannot be drawn from such a log."""
        self._log, self._config = log, config
        self._sessions = log.sessions(split)
        self._tracks = config.tracks(log.facts.longest)
        self._heard = HeardIndex(log)
        self._spare = max(0, self._tracks - config.candidates) if config.offers == "catalogue" else 0
        if not len(self._sessions):
            raise ConfigError(f"the log has no session in its {split} split")
        if config.offers == "catalogue":
            self._check_catalogue()
        else:
            self._check_log()
            played = np.concatenate([np.arange(log.first[s], log.first[s + 1]) for s in self._sessions])
            self._split_tracks = played

    def _check_catalogue(self) -> None:
        items, config = len(self._log.features), self._config
        if config.pool + self._spare > items:
            spare = f" and {self._spare} more, for there are fewer candidates than tracks in a session"
            raise ConfigError(
                f"pool {config.pool} asks for so many different tracks{spare if self._spare else ''}; "
                f"the catalogue has {items}",
                hint=f"candidates is {config.candidates}, the longest session {self._tracks}",
            )

    def _check_log(self) -> None:
        offered, config = self._log.offered, self._config
        if offered is None:
            raise ConfigError(
                "offers is logged, and the log does not say which tracks were on offer",
                hint="map a column of candidates in session_ingest, or set offers: catalogue",
            )
        if offered.shape[1] > config.candidates:
            raise ConfigError(
                f"candidates is {config.candidates}, and the log offered up to {offered.shape[1]} tracks",
                hint=f"set candidates to {offered.shape[1]}",
            )

    def draw(self, episodes: int, rng: np.random.Generator) -> Episodes:
        """Draws ``episodes`` of them; of different sessions as far as the split has so many."""
        log = self._log
        session = rng.choice(self._sessions, episodes, replace=episodes > len(self._sessions))
        user = log.session_user[session]
        offers, heard = (
            self._from_catalogue(session, user, rng)
            if self._config.offers == "catalogue"
            else self._from_log(session, user, rng)
        )
        return Episodes(
            session=session,
            user=user,
            context=log.session_context[session],
            start=log.session_start[session],
            profile=log.profile[session],
            offers=offers,
            heard=heard,
            uniforms=rng.random((episodes, self._tracks, 2), dtype=np.float32),
        )

    def _from_catalogue(self, session: Ints, user: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
        config, episodes = self._config, len(session)
        drawn = distinct(episodes, config.pool + self._spare, len(self._log.features), rng)
        heard = self._heard.counts(user[:, None], drawn, session[:, None])
        places = distinct(episodes * self._tracks, config.candidates, config.pool, rng)
        places = places.reshape(episodes, self._tracks, config.candidates)
        if self._spare:
            places[:, config.candidates :, -1] = config.pool + np.arange(self._spare)
        flat = places.reshape(episodes, -1)
        flat += np.arange(episodes)[:, None] * drawn.shape[1]
        return drawn.ravel()[places], heard.ravel()[places]

    def _from_log(self, session: Ints, user: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
        log = self._log
        steps = log.first[session][:, None] + np.arange(self._tracks)
        others = rng.choice(self._split_tracks, steps.shape)
        steps = np.where(steps < log.first[session + 1][:, None], steps, others)
        logged = cast(Ints, log.offered)[steps]
        offers = np.full((*steps.shape, self._config.candidates), -1, np.int64)
        offers[..., : logged.shape[2]] = logged
        heard = self._heard.counts(user[:, None, None], np.maximum(offers, 0), session[:, None, None])
        heard[offers < 0] = 0.0
        return offers, heard


def distinct(rows: int, count: int, below: int, rng: np.random.Generator) -> Ints:
    """Uniformly random subsets in random order: int64 [rows, count] numbers of [0, below) in each row.

    Floyd's method (Bentley and Floyd, CACM 1987), on all rows at once.
    """
    chosen = np.empty((count, rows), np.int32)
    for at, top in enumerate(range(below - count, below)):
        number = rng.integers(0, top + 1, rows, dtype=np.int32)
        taken = (chosen[:at] == number).any(axis=0)
        chosen[at] = np.where(taken, top, number)
    # Floyd's order is not random: a policy that always takes the first one would not choose uniformly.
    return rng.permuted(np.ascontiguousarray(chosen.T, np.int64), axis=1)
