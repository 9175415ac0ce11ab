"""One training as a task that any process can do: an agent, a seed, and folders."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from components.agent_training.agents_folder import AgentEntry
from components.agent_training.config import (
    AgentTrainingConfig,
    PolicyGradientConfig,
    QLearningConfig,
    agent_name,
)
from components.agent_training.playing import Playing
from components.agent_training.save_agent import save_agent
from components.agent_training.train import Training, train
from components.model_folder import CALIBRATION_SAMPLES

# (kind of news, name of the training, values): ("curve", ..., an entry of its history), ("round", ..., {}).
News = tuple[str, str, dict[str, float]]


@dataclass(frozen=True)
class Task:
    """One agent with one seed.

    Attributes:
        agent: The agent.
        seed: The seed.
        config: Of the step.
        sessions: The SessionLog folder.
        user_models: The UserModels folder.
        output: The Agents folder; the task writes its own folder in it.
        checkpoints: Folder of the checkpoints of all tasks.
    """

    agent: QLearningConfig | PolicyGradientConfig
    seed: int
    config: AgentTrainingConfig
    sessions: Path
    user_models: Path
    output: Path
    checkpoints: Path

    @property
    def training(self) -> Training:
        """What is trained."""
        folder = self.checkpoints / f"{agent_name(self.agent)}_{self.seed}"
        return Training(self.agent, self.seed, folder)


def run_task(task: Task, tell: Callable[[News], None]) -> AgentEntry:
    """Trains, writes the folder of the agent and seed, and says what came of it.

    Raises:
        NoriaError: The training diverged, or inputs or checkpoint cannot be read.
    """
    started = time.process_time()
    playing = _playing(task.sessions, task.user_models, task.config)
    training = task.training
    environment = playing.environment(task.agent.episodes)
    trained = train(
        training,
        environment,
        playing.evaluate,
        report=lambda metrics: tell(("curve", training.name, metrics)),
        after_round=lambda _: tell(("round", training.name, {})),
    )
    best = trained.history[trained.best]
    name = agent_name(task.agent)
    folder = f"{name}/{task.seed}"
    facts: dict[str, Any] = {
        "agent": name,
        "kind": task.agent.kind,
        "seed": task.seed,
        "simulated_return": best["return"],
        "user_model": playing.user_model,
        "objective": {"return": best["return"], "sessions": task.config.evaluation_sessions},
        "updates": int(best["updates"]),
        "settings": task.agent.model_dump(mode="json"),
        "simulation": task.config.simulation.model_dump(mode="json"),
    }
    seen = playing.observations(trained.agent.scores, task.config.examples)
    calibration = playing.observations(trained.agent.scores, CALIBRATION_SAMPLES, "train")
    save_agent(task.output / folder, name, trained.agent.policy, environment.spec, seen, facts, calibration)
    return AgentEntry(
        agent=name,
        kind=task.agent.kind,
        seed=task.seed,
        folder=folder,
        simulated_return=best["return"],
        updates=int(best["updates"]),
        cpu_seconds=time.process_time() - started,
        curve=trained.history,
    )


# A process does several tasks on the same inputs.
@lru_cache(maxsize=1)
def _playing(sessions: Path, user_models: Path, config: AgentTrainingConfig) -> Playing:
    return Playing(sessions, user_models, config)
