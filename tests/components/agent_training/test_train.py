"""Training: every agent solves problems whose best play is known, and a broken one does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.agent_training import dqn_learner, ppo_learner
from components.agent_training.train import Trained
from components.reinforcement_learning.checkpoints import load_checkpoint
from noria.errors import DataError, NoriaError
from tests.components.agent_training.conftest import KINDS, run, small_config
from tests.components.agent_training.toys import Bandit, Chain

# Together they take longer than a fast test may.
pytestmark = pytest.mark.slow

# Random play is at 0, best play at Bandit.BEST; what the chain gives is told there.
BANDIT_BOUND = 0.95 * Bandit.BEST
CHAIN_BOUND = 3.9


class StoppedError(Exception):
    """What an interruption is in these tests."""


def same(first: Trained, second: Trained) -> bool:
    arrays = zip(first.agent.policy.get_weights(), second.agent.policy.get_weights(), strict=True)
    return first.history == second.history and all(np.array_equal(a, b) for a, b in arrays)


@pytest.mark.parametrize("kind", ["ah_dqn", "ppo", "ppg"])
def test_the_bandit_is_solved(tmp_path: Path, kind: str) -> None:
    found = run(Bandit, small_config(kind, discount=0.0), tmp_path)
    assert found.history[-1]["return"] > BANDIT_BOUND


def test_dqn_over_slots_solves_the_bandit(tmp_path: Path) -> None:
    # It has to learn for every slot what the others learn once.
    found = run(Bandit, small_config("dqn", discount=0.0, rounds=250), tmp_path)
    assert found.history[-1]["return"] > BANDIT_BOUND


@pytest.mark.parametrize("kind", KINDS)
def test_the_chain_is_solved(tmp_path: Path, kind: str) -> None:
    found = run(Chain, small_config(kind, discount=1.0), tmp_path)
    assert found.history[-1]["return"] > CHAIN_BOUND


@pytest.mark.parametrize(
    "changes",
    [
        {"double_q": False, "n_step": 1},
        {"replay": "uniform", "target_every": 20, "target_rate": 1.0},
    ],
)
def test_every_variant_of_q_learning_solves_the_chain(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = run(Chain, small_config("ah_dqn", discount=1.0, **changes), tmp_path)
    assert found.history[-1]["return"] > CHAIN_BOUND


@pytest.mark.parametrize("kind", KINDS)
def test_who_looks_at_the_next_reward_only_misses_the_chains_bound(tmp_path: Path, kind: str) -> None:
    myopic = {"discount": 0.0} | ({"n_step": 1} if "dqn" in kind else {})
    found = run(Chain, small_config(kind, **myopic), tmp_path)
    assert found.history[-1]["return"] < Chain.MYOPIC + 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_who_does_not_learn_misses_the_bandits_bound(tmp_path: Path, kind: str) -> None:
    found = run(Bandit, small_config(kind, discount=0.0, learning_rate=0.0, rounds=12), tmp_path)
    assert found.history[-1]["return"] < 0.75 * Bandit.BEST


@pytest.mark.parametrize("kind", ["ah_dqn", "ppo"])
def test_who_learns_from_others_rewards_misses_the_bandits_bound(tmp_path: Path, kind: str) -> None:
    found = run(Bandit, small_config(kind, discount=0.0), tmp_path, shuffled=True)
    assert found.history[-1]["return"] < 0.75 * Bandit.BEST


def test_the_best_weights_are_handed_on(tmp_path: Path) -> None:
    found = run(Chain, small_config("ah_dqn"), tmp_path)
    scored = [metrics["return"] for metrics in found.history]
    assert found.best == scored.index(max(scored))
    assert [metrics["round"] for metrics in found.history] == [10, 20, 30, 40, 50, 60]
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint is not None
    kept = zip(checkpoint.best_state, (v.numpy() for v in found.agent.policy.variables), strict=True)
    assert all(np.array_equal(a, b) for a, b in kept)


@pytest.mark.parametrize(
    ("kind", "stop"), [("ah_dqn", 7), ("ah_dqn", 35), ("dqn", 35), ("ppo", 35), ("ppg", 35)]
)
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path: Path, kind: str, stop: int) -> None:
    config = small_config(kind, rounds=45, warmup=1000) if "dqn" in kind else small_config(kind, rounds=45)
    whole = run(Chain, config, tmp_path / "whole")

    def interrupt(done: int) -> None:
        if done == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(Chain, config, tmp_path / "parts", after_round=interrupt)
    checkpoint = load_checkpoint(tmp_path / "parts")
    assert (checkpoint.updates if checkpoint else 0) == stop // 20 * 20
    made: list[int] = []
    resumed = run(Chain, config, tmp_path / "parts", after_round=made.append)
    assert made == list(range(stop // 20 * 20 + 1, 46))
    assert same(whole, resumed)


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    config = small_config("ah_dqn", rounds=30)
    first = run(Chain, config, tmp_path)
    made: list[int] = []
    assert same(first, run(Chain, config, tmp_path, after_round=made.append))
    assert made == []


@pytest.mark.parametrize("kind", ["ah_dqn", "ppg"])
def test_same_seed_same_weights(tmp_path: Path, kind: str) -> None:
    config = small_config(kind, rounds=12)
    first, second = (run(Chain, config, tmp_path / name) for name in "ab")
    assert same(first, second)
    assert not same(first, run(Chain, config, tmp_path / "c", seed=1))


@pytest.mark.parametrize("kind", ["ah_dqn", "ppo"])
def test_nan_stops_training_and_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    adam = (dqn_learner if kind == "ah_dqn" else ppo_learner).Adam
    apply = adam.apply

    def broken(self: Any, gradients: Any, rate: tf.Tensor) -> None:
        factor = tf.where(self.variables[0] >= 148.0, float("nan"), 1.0)
        apply(self, [gradient * factor for gradient in gradients], rate)

    monkeypatch.setattr(adam, "apply", broken)
    with pytest.raises(NoriaError) as caught:
        # The 149th step's weights are broken, so that the 150th is the first whose loss is.
        run(Chain, small_config(kind, rounds=60, learning_rate_end=1.0), tmp_path, seed=3)
    message = str(caught.value)
    assert f"agent_training: {kind} with seed 3 diverged in update 150 at learning rate" in message
    assert f"learning rate {small_config(kind).learning_rate:g}: " in message
    assert "loss nan" in message
    assert "checkpoint, of round 20" in message
    kept = load_checkpoint(tmp_path)
    assert kept is not None
    assert kept.updates == 20
    assert all(np.isfinite(array).all() for array in (*kept.state, *kept.best_state))


def test_a_broken_checkpoint_is_told(tmp_path: Path) -> None:
    run(Chain, small_config("ppo", rounds=5), tmp_path)
    file = tmp_path / "checkpoint.npz"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(DataError, match=r"checkpoint.npz cannot be read"):
        run(Chain, small_config("ppo", rounds=5), tmp_path)
