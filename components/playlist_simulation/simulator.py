"""The playlist environment that agents are trained in: a BatchEnvironment that restarts by itself."""

from __future__ import annotations

from typing import Self

import numpy as np

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.environment import Step
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episode_tracker import EpisodeTracker
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners, UserModel
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation
from components.playlist_simulation.session_batch import End, HeardTrack, SessionBatch
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from components.session_ingest.session_log import SessionLog, Split
from noria.errors import DataError

# Episodes drawn ahead at least: a draw has a price of its own.
_AHEAD = 256


class Simulator:
    """n sessions at once; where one ends, the next episode starts in its row within the same step.

    Put together out of parts: listeners, a sampler of episodes, the sampler of tracks within SessionBatch,
    and a tracker, if one is given: it costs more than the step itself.

    The reward of a step is the sum of the responses that it brought: of one track, or, with slates, of the
    whole slate at the step that fills it, and 0 before.

    Attributes:
        spec: Sizes of its observations.
        episodes: n.
        final: With ``keep_final``, what all rows showed at the end of the last step before any restarted.
        heard: The tracks heard in the last step, in order.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        listeners: Listeners,
        sampler: EpisodeSampler,
        config: SimulationConfig,
        episodes: int,
        *,
        tracker: EpisodeTracker | None = None,
        keep_final: bool = False,
    ) -> None:
        self.spec = catalogue.spec(config.candidates)
        self.episodes = episodes
        self.final: Observation | None = None
        self.heard: tuple[HeardTrack, ...] = ()
        self._catalogue, self._config, self._listeners = catalogue, config, listeners
        self._sampler, self._tracker, self._keep_final = sampler, tracker, keep_final
        self._rows = np.arange(episodes)
        # Of the episodes in play, counted from the last reset on.
        self._numbers = self._rows.copy()
        self._sessions: SessionBatch | None = None
        self._rng = np.random.default_rng()
        self._ahead: Episodes | None = None
        self._used = 0

    @classmethod
    def learned(
        cls, log: SessionLog, user_model: UserModel, config: SimulationConfig, split: Split, episodes: int
    ) -> Self:
        """The environment of a learned user model, with episodes of a split of the log."""
        listeners = SimulatedListeners(user_model, episodes)
        return cls(Catalogue.of(log), listeners, EpisodeSampler(log, config, split), config, episodes)

    @property
    def replaced(self) -> int:
        """Actions since ``reset`` that the mask forbade; the nearest allowed track was played instead."""
        return self._sessions.track_sampler.replaced if self._sessions else 0

    def reset(self, seed: int) -> Observation:
        """Starts n episodes; everything that follows depends on ``seed`` and the actions only."""
        self._rng = np.random.default_rng(seed)
        self._ahead, self._numbers = None, self._rows.copy()
        self._sessions = SessionBatch(self._catalogue, self._config, self._listeners, self.episodes)
        self._sessions.begin(self._rows, self._next(self.episodes))
        self._seen = self._sessions.observe()
        return self._seen

    def step(self, actions: Ints) -> Step:
        """Chooses candidate ``actions`` int64 [n] in each session."""
        sessions = self._sessions
        if sessions is None:
            raise DataError("the environment was stepped before it was reset")
        if self._tracker is not None:
            self._tracker.choose(self._seen, None, self._listeners)
        self.heard = sessions.choose(self._seen, actions)
        rewards: Floats = np.zeros(self.episodes, np.float32)
        for track in self.heard:
            rewards += np.where(track.heard, track.responses, np.float32(0))
            if self._tracker is not None:
                self._tracker.heard("actions", track, self._numbers, sessions.episodes)
        ended: Bools = sessions.end != End.GOES_ON
        if self._keep_final:
            self.final = sessions.observe()
        if ended.any():
            rows = np.flatnonzero(ended)
            sessions.begin(rows, self._next(len(rows)))
            self._numbers[rows] = self._numbers.max() + 1 + np.arange(len(rows))
        self._seen = sessions.observe()
        return Step(rewards, ended, self._seen)

    def _next(self, episodes: int) -> Episodes:
        if self._ahead is None or self._used + episodes > len(self._ahead):
            self._ahead = self._sampler.draw(max(episodes, min(self.episodes, 4 * _AHEAD), _AHEAD), self._rng)
            self._used = 0
        self._used += episodes
        return self._ahead.take(np.arange(self._used - episodes, self._used))
