"""Plays everything that is to be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np

from components.agent_evaluation.arena import Arena, ArenaName, Ranking, rank
from components.agent_evaluation.config import AgentEvaluationConfig
from components.agent_evaluation.entrants import agents, heuristics, trained, truths
from components.agent_evaluation.exported import ExportedPlay, play_exported
from components.agent_evaluation.findings import (
    MODEL,
    Findings,
    environments_agree,
    estimates_of,
    policy_metrics,
)
from components.agent_evaluation.intervals import Bootstrap
from components.agent_evaluation.off_policy import OffPolicy, Refused, off_policy
from components.evaluation_record import Metrics
from components.listening_world.world import ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.model_folder import ModelFolder
from components.model_promotion.champion import champion_result
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners, UserModel
from components.playlist_simulation.observation import Ints
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from components.session_ingest.session_log import SessionLog, Split
from noria.errors import DataError

# Parts of the step's seed, so that no two draws share random numbers.
_TEST, _VALIDATION, _TRAIN, _RESAMPLES, _LOG_RESAMPLES = range(5)


@dataclass(frozen=True)
class Subject:
    """What is evaluated.

    Attributes:
        log: The sessions.
        models: User models by name.
        chosen: The one that answers in the simulator.
        agents: Agents folder.
        model: What is to be promoted.
        exported: The exported file; None without one.
    """

    log: SessionLog
    models: Mapping[str, UserModel]
    chosen: str
    agents: Path
    model: ModelFolder
    exported: Path | None


class Evaluation:
    """One evaluation: the environments, who plays in them, and what for."""

    def __init__(self, config: AgentEvaluationConfig, subject: Subject) -> None:
        log = subject.log
        self._config, self._subject = config, subject
        world = log.facts.world
        self._world = None if world is None else ListeningWorld(world)
        self._catalogue = Catalogue.of(log)
        self._spec = self._catalogue.spec(config.simulation.candidates)
        self._arenas = [
            Arena(name, listeners, self._catalogue, config.simulation, log.facts.completed_at)
            for name, listeners in self._listeners().items()
        ]
        self.episodes = self._draw("test", config.sessions, _TEST)
        self._model = trained(subject.model, self._spec, MODEL)
        self._entrants = [
            self._model,
            *agents(subject.agents, self._spec),
            *heuristics(log, self._spec, subject.models, subject.chosen, config.seed),
        ]
        self._check_names()

    def run(self, scratch: Path) -> Findings:
        """Plays, estimates and compares; ``scratch`` is where a champion is downloaded to."""
        config = self._config
        selection = self._draw("validation", config.selection_sessions, _VALIDATION)
        bootstrap = Bootstrap(
            config.sessions, config.bootstrap_draws, config.seed + _RESAMPLES, self.episodes.user
        )
        rankings: dict[ArenaName, Ranking] = {}
        oracle: dict[float, float] = {}
        for arena in self._arenas:
            entrants = list(self._entrants)
            if arena.name == "world":
                found, oracle = truths(
                    arena, self._draw("train", config.oracle_sessions, _TRAIN), config.oracle_weights
                )
                entrants += found
            rankings[arena.name] = rank(arena, entrants, self.episodes, selection, bootstrap)
        return Findings(
            agent=self._model.agent,
            rankings=rankings,
            off_policy=self._off_policy([entrant.policy for entrant in self._entrants]),
            correlation=environments_agree(rankings),
            oracle=oracle,
            exported=self._exported(),
            champion=champion_result(
                config.registered_model, scratch, lambda model: self._champion(rankings, model)
            ),
            data_digest=_digest(self._subject.log, self.episodes),
        )

    def _listeners(self) -> dict[ArenaName, Callable[[int], Listeners]]:
        made: dict[ArenaName, Callable[[int], Listeners]] = {}
        if self._world is not None:
            made["world"] = partial(WorldListeners, self._world)
        made["simulated"] = partial(SimulatedListeners, self._subject.models[self._subject.chosen])
        return made

    def _draw(self, split: Split, count: int, part: int) -> Episodes:
        sampler = EpisodeSampler(self._subject.log, self._config.simulation, split)
        return sampler.draw(count, np.random.default_rng([self._config.seed, part]))

    def _off_policy(self, policies: Sequence[Policy]) -> OffPolicy | Refused:
        config, log = self._config, self._subject.log
        sessions: Ints = log.sessions("test")[-config.logged_sessions :]
        return off_policy(
            log,
            sessions,
            self._catalogue,
            policies,
            self._subject.models[self._subject.chosen],
            config.weight_limit,
            Bootstrap(
                len(sessions),
                config.bootstrap_draws,
                config.seed + _LOG_RESAMPLES,
                log.session_user[sessions],
            ),
            None if self._world is None else WorldListeners(self._world, len(sessions)),
        )

    def _exported(self) -> ExportedPlay | None:
        file, count = self._subject.exported, min(self._config.exported_sessions, self._config.sessions)
        if file is None or not count:
            return None
        episodes = self.episodes.take(np.arange(count))
        return play_exported(file, self._spec, self._model.policy, self._arenas[0], episodes)

    def _champion(self, rankings: Mapping[ArenaName, Ranking], model: ModelFolder) -> Metrics:
        champion = trained(model, self._spec, "champion")
        standings = {arena.name: arena.play(champion.policy, self.episodes) for arena in self._arenas}
        found = self._off_policy([champion.policy])
        return policy_metrics(rankings, standings, estimates_of(found, champion.name))

    def _check_names(self) -> None:
        names = [entrant.name for entrant in self._entrants]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(
                f"several policies are called {', '.join(twice)}",
                hint="give agents and user models names of their own",
            )


def _digest(log: SessionLog, episodes: Episodes) -> str:
    """SHA-256 of the sessions that were played, and of what is known of the tracks in them."""
    digest = hashlib.sha256(log.features.tobytes() + log.popularity.tobytes())
    for field in fields(Episodes):
        digest.update(np.ascontiguousarray(getattr(episodes, field.name)).tobytes())
    return digest.hexdigest()
