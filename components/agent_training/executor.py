"""The work of agent_training."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.agent_training.agents_folder import AgentsFacts
from components.agent_training.config import AgentTrainingConfig
from components.agent_training.parallel import run_tasks
from components.agent_training.report import write_report
from components.agent_training.tasks import News, Task
from components.code_digest import code_digest
from components.model_folder import ModelFolder
from components.reinforcement_learning.checkpoints import checkpoint_folder, drop_checkpoint
from components.step_executor import StepExecutor
from noria.digests import text_digest, tree_digest
from noria.locks import locked


class Executor(StepExecutor[AgentTrainingConfig]):
    """Trains every agent with every seed, or goes on with trainings that were interrupted."""

    config_type = AgentTrainingConfig

    def run(
        self, config: AgentTrainingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        sessions, user_models, folder = inputs["sessions"], inputs["user_models"], outputs["agents"]
        # How many trainings run at once changes nothing about any of them.
        settings = config.model_copy(update={"processes": None}).model_dump_json()
        code = code_digest(f"{type(self).__module__}.{type(self).__name__}")
        digest = text_digest(settings, code, tree_digest(sessions), tree_digest(user_models))
        checkpoints = checkpoint_folder("agent_training", digest)
        tasks = [
            Task(agent, seed, config, sessions, user_models, folder, checkpoints)
            for agent in config.agents
            for seed in agent.seeds
        ]
        with locked(checkpoints / "lock"):
            entries = run_tasks(tasks, config.processes, _Reporter(sum(task.agent.rounds for task in tasks)))
            card = ModelFolder.load(folder / entries[0].folder).card
            facts = AgentsFacts(agents=tuple(entries), user_model=card.facts["user_model"])
            facts.save(folder)
            best = facts.best()
            shutil.copytree(folder / best.folder, outputs["model"], dirs_exist_ok=True)
            for file in write_report(folder, facts, config.model_dump()):
                tracking.artifact(file)
            for task in tasks:
                drop_checkpoint(task.training.checkpoints)
        means = {f"{name}_return": sum(values) / len(values) for name, values in facts.returns().items()}
        tracking.metrics(means | {"cpu_seconds": sum(entry.cpu_seconds for entry in entries)})
        tracking.params({"agent": best.agent, "seed": best.seed, "user_model": facts.user_model})


class _Reporter:
    """Passes on the news of trainings: points of curves by tracks played, and rounds of all together."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._done = 0

    def __call__(self, news: News) -> None:
        what, training, values = news
        if what == "round":
            self._done += 1
            tracking.progress(self._done, self._rounds, "rounds")
            return
        shown = {
            f"{training}_{name}": value for name, value in values.items() if name not in ("round", "steps")
        }
        tracking.metrics(shown, epoch=int(values["steps"]))
