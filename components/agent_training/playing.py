"""Where agents are trained and judged: the simulator on the training and the validation sessions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from components.agent_training.actor import Scores, best
from components.agent_training.config import AgentTrainingConfig
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.play import play_sessions
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from components.playlist_simulation.simulator import Simulator
from components.session_ingest.session_log import SessionLog
from components.user_model_training.user_model_folder import load_user_model

# Of the validation episodes: not the seed of any training.
_SEED = 271828
_EXAMPLE_EPISODES = 64


class ScoresPolicy(Policy):
    """A function of observations as a policy."""

    def __init__(self, name: str, scores: Scores) -> None:
        self.name = name
        self._scores = scores

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        return self._scores(seen)


class Playing:
    """Environments of one log and user model.

    Attributes:
        user_model: Name of the user model.
        catalogue: What is observed of items and contexts.
    """

    def __init__(self, sessions: Path, user_models: Path, config: AgentTrainingConfig) -> None:
        self._log = SessionLog.load(sessions)
        self._model = load_user_model(user_models, config.user_model or None)
        self._config = config
        self.user_model = self._model.name
        self.catalogue = Catalogue.of(self._log)
        sampler = EpisodeSampler(self._log, config.simulation, "validation")
        self._episodes = sampler.draw(config.evaluation_sessions, np.random.default_rng(_SEED))

    def environment(self, episodes: int) -> BatchEnvironment:
        """The simulator on training sessions."""
        return Simulator.learned(self._log, self._model, self._config.simulation, "train", episodes)

    def evaluate(self, scores: Scores) -> float:
        """Mean return of best choices on the validation sessions; the same episodes every time."""
        listeners = SimulatedListeners(self._model, len(self._episodes))
        policy = ScoresPolicy("agent", scores)
        played = play_sessions(policy, listeners, self._episodes, self.catalogue, self._config.simulation)
        return float(played.returns.mean())

    def observations(
        self, scores: Scores, limit: int, part: Literal["train", "validation"] = "validation"
    ) -> Observation:
        """At most ``limit`` observations of best play on a part's sessions, from all its steps."""
        simulator = Simulator.learned(
            self._log, self._model, self._config.simulation, part, _EXAMPLE_EPISODES
        )
        seen = [simulator.reset(_SEED)]
        for _ in range(self._config.simulation.tracks(self.catalogue.longest) - 1):
            seen.append(simulator.step(best(scores(seen[-1]))).seen)
        chosen = np.unique(np.linspace(0, len(seen) * _EXAMPLE_EPISODES - 1, limit).astype(np.int64))
        whole = {name: np.concatenate([getattr(s, name) for s in seen])[chosen] for name in vars(seen[0])}
        return replace(seen[0], **whole)
