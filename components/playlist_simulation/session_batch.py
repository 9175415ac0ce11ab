"""The rules of a session, for many sessions side by side: what is on offer, who hears what, when it ends."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation
from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from components.playlist_simulation.track_sampler import TrackSampler
from noria.errors import ConfigError, DataError, first_few

# A response below it is a skip.
SKIP = 0.5


class End(IntEnum):
    """Why a session ended."""

    GOES_ON = 0
    TRACKS = 1
    SKIPS = 2
    LEFT = 3


@dataclass(frozen=True)
class HeardTrack:
    """One track per session, heard and answered. n sessions.

    Attributes:
        chosen_from: What the policy saw when it chose the track.
        choice: int64 [n] its position there.
        seen: What there was to see when the track was heard. Without slates that is ``chosen_from``; in a
            slate the earlier tracks are answered by then, and the track is the only candidate.
        picks: int64 [n] its position there.
        responses: float32 [n].
        position: int64 [n]: the how-manieth track of the session it is, from 0.
        heard: bool [n]: False where the session had ended before; nothing else counts there.
        end: int8 [n] End: why the session ended with this track.
    """

    chosen_from: Observation
    choice: Ints
    seen: Observation
    picks: Ints
    responses: Floats
    position: Ints
    heard: Bools
    end: npt.NDArray[np.int8]


class SessionBatch:
    """n sessions side by side. All of them are at the same place of their slates.

    Rows whose session has ended stay in the batch as stand-ins until ``begin`` gives them a new one: they
    are shown something, but what happens in them is marked as not heard.
    """

    def __init__(
        self, catalogue: Catalogue, config: SimulationConfig, listeners: Listeners, sessions: int
    ) -> None:
        self._catalogue, self._config, self._listeners = catalogue, config, listeners
        self._tracks = config.tracks(catalogue.longest)
        self._rows = np.arange(sessions)
        self._agent = SessionFeatures(catalogue, sessions)
        # In a slate, what the agent sees runs ahead of what the user has heard.
        self._user = self._agent if config.slate == 1 else SessionFeatures(catalogue, sessions)
        self._views = (self._agent,) if config.slate == 1 else (self._agent, self._user)
        self._position = np.zeros(sessions, np.int64)
        self._answered = np.zeros(sessions, np.int64)
        self._skips = np.zeros(sessions, np.int64)
        self._end = np.full(sessions, End.TRACKS, np.int8)
        self._played = np.full((sessions, self._tracks), -1, np.int64)
        self._slate: list[tuple[Observation, Ints, Floats, Floats]] = []
        self._episodes: Episodes | None = None
        self.track_sampler = TrackSampler(catalogue.features[:, : len(catalogue.feature_names)])

    @property
    def end(self) -> npt.NDArray[np.int8]:
        """int8 [n] End: why each session has ended; GOES_ON where it has not."""
        return self._end

    @property
    def episodes(self) -> Episodes:
        """The episodes that are played, by row."""
        assert self._episodes is not None
        return self._episodes

    def begin(self, rows: Ints, episodes: Episodes) -> None:
        """The sessions of ``episodes`` [k] start in ``rows`` [k]; the first call names all rows."""
        if self._episodes is None:
            _check_episodes(episodes, self._tracks, self._config)
            self._episodes = episodes.take(np.argsort(rows))
        else:
            for field in fields(Episodes):
                getattr(self._episodes, field.name)[rows] = getattr(episodes, field.name)
        for features in self._views:
            features.begin(rows, episodes.profile, episodes.context)
        self._position[rows] = self._answered[rows] = self._skips[rows] = 0
        self._end[rows] = End.GOES_ON
        self._played[rows] = -1
        self._listeners.begin(rows, episodes)

    def observe(self) -> Observation:
        """What all n sessions show now.

        Raises:
            DataError: A session that goes on has nothing left to choose.
        """
        episodes = self.episodes
        at = np.minimum(self._position, self._tracks - 1)
        items = episodes.offers[self._rows, at]
        mask = items >= 0
        for position in range(int(self._position.max())):
            mask &= items != self._played[:, position, None]
        going = self._end == End.GOES_ON
        empty = ~mask.any(axis=1)
        if (empty & going).any():
            self._refuse(np.flatnonzero(empty & going))
        mask[:, 0] |= empty
        return self._agent.observe(items, episodes.heard[self._rows, at], mask)

    def choose(self, seen: Observation, actions: Ints) -> tuple[HeardTrack, ...]:
        """Chooses the next track of every session, among what ``observe`` has just shown.

        Returns:
            The tracks heard by that, in order: one, or those of the slate that is now full, or none.
        """
        episodes = self.episodes
        picks = self.track_sampler.picks(seen, actions)
        items = seen.items[self._rows, picks]
        at = np.minimum(self._position, self._tracks - 1)
        uniforms = episodes.uniforms[self._rows, at]
        self._played[self._rows, at] = items
        self._position += self._end == End.GOES_ON
        self._agent.place(items)
        if self._config.slate == 1:
            return (self._listen(seen, picks, seen, picks, uniforms),)
        self._slate.append((seen, picks, uniforms, episodes.heard[self._rows, at]))
        return self._hear_slate() if len(self._slate) == self._config.slate else ()

    def _hear_slate(self) -> tuple[HeardTrack, ...]:
        tracks = []
        for chosen_from, choice, uniforms, counts in self._slate:
            items = chosen_from.items[self._rows, choice][:, None]
            heard = np.take_along_axis(counts, choice[:, None], axis=1)
            seen = self._user.observe(items, heard, np.ones(items.shape, np.bool_))
            self._user.place(items[:, 0])
            tracks.append(self._listen(chosen_from, choice, seen, np.zeros_like(choice), uniforms))
        self._slate.clear()
        return tuple(tracks)

    def _listen(
        self, chosen_from: Observation, choice: Ints, seen: Observation, picks: Ints, uniforms: Floats
    ) -> HeardTrack:
        heard = self._end == End.GOES_ON
        responses, leaves = self._listeners.listen(seen, picks, uniforms)
        items = seen.items[self._rows, picks]
        for features in self._views:
            features.respond(items, responses)
        self._skips = np.where(responses < SKIP, self._skips + 1, 0)
        position = self._answered
        self._answered = position + 1
        rules = self._config.termination
        end = np.full(len(heard), End.GOES_ON, np.int8)
        end[self._answered >= self._tracks] = End.TRACKS
        if rules.skips_in_a_row is not None:
            end[self._skips >= rules.skips_in_a_row] = End.SKIPS
        if rules.user_leaves:
            end[leaves] = End.LEFT
        end[~heard] = End.GOES_ON
        self._end = np.where(heard, end, self._end)
        return HeardTrack(chosen_from, choice, seen, picks, responses, position, heard, end)

    def _refuse(self, rows: Ints) -> None:
        raise DataError(
            f"nothing is left to choose in {len(rows)} sessions (rows {first_few(rows)}): every track "
            "on offer was played before in the session, or the offer is empty",
            hint=f"pool is {self._config.pool}, candidates {self._config.candidates}, the longest session "
            f"{self._tracks}: give at least as many candidates as tracks, or a smaller termination.tracks",
        )


def _check_episodes(episodes: Episodes, tracks: int, config: SimulationConfig) -> None:
    steps, candidates = episodes.offers.shape[1:]
    if steps < tracks or candidates != config.candidates:
        raise ConfigError(
            f"the episodes offer {candidates} tracks at each of {steps} steps; sessions of up to {tracks} "
            f"tracks with {config.candidates} candidates are configured",
            hint="draw them with the same SimulationConfig",
        )
