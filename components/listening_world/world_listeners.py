"""Listeners who answer as the world's truth has it."""

from __future__ import annotations

import numpy as np

from components.listening_world.mood import Mood, sigmoid
from components.listening_world.world import ListeningWorld
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation


class WorldListeners:
    """The users of a world, in n sessions; implements playlist_simulation.listeners.Listeners.

    Users, contexts and items of episodes are rows of the world, as in the log that it generated.
    """

    def __init__(self, world: ListeningWorld, sessions: int) -> None:
        self._world = world
        self._mood = Mood(world, sessions)
        # Behind the observed features and popularity: see Catalogue.spec.
        self._log_heard = len(world.feature_names) + 1

    @property
    def satisfaction(self) -> Floats:
        """float32 [n]: what each listener has gathered in the session."""
        return self._mood.satisfaction

    def begin(self, rows: Ints, episodes: Episodes) -> None:
        """See Listeners."""
        self._mood.begin(rows, self._world.wish(episodes.user, episodes.context, episodes.start))

    def log_odds(self, seen: Observation) -> Floats:
        """float32 [n, C]: log odds of completing each candidate; what they are for padding means nothing."""
        return self._mood.log_odds(seen.items, seen.candidates[..., self._log_heard] == 0.0)

    def probabilities(self, seen: Observation) -> Floats:
        """See Listeners; 0 for padding."""
        return np.where(seen.items >= 0, sigmoid(self.log_odds(seen)), np.float32(0.0))

    def gain(self, seen: Observation) -> Floats:
        """float32 [n, C]: expected satisfaction that each candidate would add; 0 for padding."""
        depth = self._world.config.effects.depth * self._world.depth[seen.items]
        gain: Floats = (self.probabilities(seen) * depth).astype(np.float32)
        return gain

    def listen(self, seen: Observation, picks: Ints, uniforms: Floats) -> tuple[Floats, Bools]:
        """See Listeners."""
        rows = np.arange(len(picks))
        items = seen.items[rows, picks]
        new = seen.candidates[rows, picks, self._log_heard] == 0.0
        completed = uniforms[:, 0] < sigmoid(self._mood.log_odds(items[:, None], new[:, None]))[:, 0]
        responses = completed.astype(np.float32)
        leaving = self._mood.hear(items, responses)
        return responses, uniforms[:, 1] < leaving
