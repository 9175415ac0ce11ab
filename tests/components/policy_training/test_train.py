"""Training: it finds the best play, can be interrupted, repeated, and stops when it diverges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.board_games.game import Game
from components.board_games.tic_tac_toe import TicTacToe
from components.policy_training import learner as learner_module
from components.policy_training.objectives import objective_of
from components.policy_training.train import Trained, train
from components.reinforcement_learning.checkpoints import load_checkpoint
from noria.errors import NoriaError
from tests.components.policy_training.conftest import StoppedError, mean_return, small_config, stop_after
from tests.components.policy_training.small_games import Bandit, Chain


def run(game: Game, folder: Path, **changes: Any) -> Trained:
    return train(game, mean_return(game), small_config(**changes), folder)


def same(first: Trained, second: Trained) -> bool:
    arrays = zip(first.learner.state(), second.learner.state(), strict=True)
    return first.history == second.history and all(np.array_equal(a, b) for a, b in arrays)


@pytest.mark.parametrize("baseline", ["value", "batch_mean"])
def test_the_bandit_is_solved(tmp_path: Path, baseline: str) -> None:
    found = run(Bandit(), tmp_path, baseline=baseline, updates=60, learning_rate=0.1)
    assert found.history[-1]["return"] == 1.0
    # Not by luck of the argmax: the drawn moves are right too, where an untrained policy has 0.25.
    assert found.history[-1]["sampled_return"] > 0.9


@pytest.mark.parametrize(("baseline", "passes"), [("value", 1), ("value", 3), ("batch_mean", 1)])
def test_the_chain_is_solved(tmp_path: Path, baseline: str, passes: int) -> None:
    found = run(Chain(), tmp_path, baseline=baseline, passes=passes, updates=80, games=128, minibatch=256)
    assert found.history[found.best]["return"] == -4.0
    # Random play needs nearly 6 strikes.
    assert found.history[-1]["sampled_return"] > -4.5


def test_a_policy_that_does_not_learn_misses_these_bounds(tmp_path: Path) -> None:
    found = run(Chain(), tmp_path, learning_rate=1e-9)
    assert found.history[-1]["sampled_return"] < -5.5


def test_the_best_weights_are_handed_on(tmp_path: Path) -> None:
    found = run(Chain(), tmp_path, updates=40)
    scored = [metrics["return"] for metrics in found.history]
    assert found.best == scored.index(max(scored))
    assert [metrics["update"] for metrics in found.history] == [10, 20, 30, 40]
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint is not None
    kept = zip(checkpoint.best_state, found.learner.state(), strict=True)
    assert all(np.array_equal(a, b) for a, b in kept)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [7, 35])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path: Path, stop: int) -> None:
    game = TicTacToe()
    config = small_config(game="tic_tac_toe", updates=45, games=16, minibatch=40)
    objective = objective_of("tic_tac_toe")
    whole = train(game, objective, config, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(game, objective, config, tmp_path / "parts", stop_after(stop))
    checkpoint = load_checkpoint(tmp_path / "parts")
    assert (checkpoint.updates if checkpoint else 0) == stop // 20 * 20
    made: list[int] = []
    resumed = train(game, objective, config, tmp_path / "parts", made.append)
    assert made == list(range(stop // 20 * 20 + 1, 46))
    assert same(whole, resumed)


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    first = run(Bandit(), tmp_path, updates=20)
    made: list[int] = []
    again = train(Bandit(), mean_return(Bandit()), small_config(updates=20), tmp_path, made.append)
    assert made == []
    assert same(first, again)


def test_same_seed_same_weights(tmp_path: Path) -> None:
    first, second = run(Chain(), tmp_path / "a", updates=12), run(Chain(), tmp_path / "b", updates=12)
    assert same(first, second)
    assert not same(first, run(Chain(), tmp_path / "c", updates=12, seed=1))


def test_nan_stops_training_and_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = learner_module.Learner._take_step
    monkeypatch.setattr(learner_module.Learner, "_take_step", _failing_from_the_25th(step))
    with pytest.raises(NoriaError) as caught:
        run(Chain(), tmp_path, passes=1, minibatch=None)
    message = str(caught.value)
    # Falls linearly from 0.01 to 2 % of it over 60 updates.
    rate = 0.01 * (1 - 0.98 * 24 / 59)
    assert "update 25 of 60" in message
    assert f"learning rate {rate:g}" in message
    assert "value_loss nan" in message
    assert "checkpoint, of update 20" in message
    kept = load_checkpoint(tmp_path)
    assert kept is not None
    assert kept.updates == 20
    assert all(np.isfinite(array).all() for array in (*kept.state, *kept.best_state))


def _failing_from_the_25th(step: Any) -> Any:
    import tensorflow as tf

    def take(self: Any, boards: Any, actions: Any, returns: Any, *others: Any) -> Any:
        broken = self._optimizer.iterations >= 24
        return step(self, boards, actions, tf.where(broken, float("nan"), returns), *others)

    return take
