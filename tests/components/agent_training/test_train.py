"""Training: every agent solves problems whose best play is known, and a broken one does not."""

from __future__ import annotations

from pathlib import Path

from components.agent_training.config import QLearningConfig
from components.agent_training.train import Training, train
from tests.components.agent_training.toys import Chain, mean_return


def test_ah_dqn_solves_the_chain(tmp_path: Path) -> None:
    config = QLearningConfig(
        episodes=64,
        rounds=40,
        batch=64,
        hidden=(32, 32),
        warmup=500,
        capacity=10000,
        learning_rate=0.005,
        target_rate=0.05,
        discount=1.0,
    )
    found = train(Training(config, 0, tmp_path), Chain(64), mean_return(Chain))
    assert found.history[-1]["return"] > 3.9
