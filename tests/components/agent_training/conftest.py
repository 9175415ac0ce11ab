"""Small agents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from components.agent_training.config import PolicyGradientConfig, QLearningConfig
from components.agent_training.train import Trained, Training, train
from tests.components.agent_training.toys import Bandit, Chain, mean_return

KINDS = ("ah_dqn", "dqn", "ppo", "ppg")
Config = QLearningConfig | PolicyGradientConfig


def small_config(kind: str, **changes: object) -> Config:
    """A training of about two seconds on a toy."""
    plain = {"kind": kind, "episodes": 64, "hidden": (32, 32), "evaluate_every": 10, "checkpoint_every": 20}
    if kind in ("ah_dqn", "dqn"):
        plain |= {
            "rounds": 60,
            "batch": 64,
            "warmup": 500,
            "capacity": 8000,
            "learning_rate": 0.005,
            "target_rate": 0.05,
        }
        return QLearningConfig.model_validate(plain | changes)
    plain |= {"rounds": 30, "steps": 8, "minibatch": 256, "learning_rate": 0.01}
    return PolicyGradientConfig.model_validate(plain | changes)


def run(
    environment: type[Bandit] | type[Chain],
    config: Config,
    folder: Path,
    *,
    seed: int = 0,
    shuffled: bool = False,
    after_round: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Trains on a toy; what is measured is never shuffled."""
    toy = environment(config.episodes)
    toy.shuffled = shuffled
    return train(Training(config, seed, folder), toy, mean_return(environment), after_round=after_round)
