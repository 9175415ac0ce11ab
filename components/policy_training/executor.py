"""The work of policy_training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.board_games.games import make_game
from components.code_digest import code_digest
from components.policy_training.config import PolicyTrainingConfig
from components.policy_training.objectives import objective_of
from components.policy_training.report import write_report
from components.policy_training.save_model import played_positions, save_policy, training_positions
from components.policy_training.train import train
from components.reinforcement_learning.checkpoints import checkpoint_folder, drop_checkpoint
from components.step_executor import StepExecutor
from noria.digests import text_digest
from noria.locks import locked


class Executor(StepExecutor[PolicyTrainingConfig]):
    """Trains, or goes on with a training that was interrupted, and hands on the best weights."""

    config_type = PolicyTrainingConfig

    def run(
        self,
        config: PolicyTrainingConfig,
        inputs: Mapping[str, Path],  # noqa: ARG002
        outputs: Mapping[str, Path],
    ) -> None:
        started = time.process_time()
        game, objective, folder = make_game(config.game), objective_of(config.game), outputs["model"]
        # Other code may train differently from the same configuration.
        code = code_digest(f"{type(self).__module__}.{type(self).__name__}")
        checkpoints = checkpoint_folder("policy_training", text_digest(config.model_dump_json(), code))
        with locked(checkpoints / "lock"):
            trained = train(game, objective, config, checkpoints)
            best = trained.history[trained.best]
            facts = {"updates": int(best["update"]), "settings": config.model_dump(mode="json")}
            facts["objective"] = {name: best[name] for name in objective.panels}
            positions = played_positions(game, trained.learner.scores, config.examples, config.seed)
            others = training_positions(game, trained.learner.scores, positions, config.seed)
            save_policy(folder, trained.learner.policy, game.spec, positions, others, facts)
            for file in write_report(folder, trained, objective, config.model_dump()):
                tracking.artifact(file)
            drop_checkpoint(checkpoints)
        tracking.metrics({"cpu_seconds": time.process_time() - started})
        tracking.params({"kept_update": int(best["update"]), "game": config.game, "seed": config.seed})
