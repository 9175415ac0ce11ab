"""Training: what it learns, that it is repeatable, and how it stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from components import tracking
from components.listening_world.config import EffectsConfig, WorldConfig
from components.listening_world.generate import generate_true_log
from components.session_ingest.session_log import SessionLog
from components.user_model_training.learner import Learner
from components.user_model_training.metrics import RankedScores, log_loss
from components.user_model_training.replay import Replay
from components.user_model_training.train import train, validation_losses
from noria.errors import NoriaError
from tests.components.user_model_training.conftest import small_config


@pytest.fixture(scope="module")
def splits(world_log: SessionLog) -> tuple[Replay, Replay]:
    return Replay.of(world_log, "train"), Replay.of(world_log, "validation")


def test_the_same_seed_gives_the_same_weights(splits: tuple[Replay, Replay]) -> None:
    config = small_config(epochs=2)
    first, second = (train("sequential", *splits, config).learner.weights() for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    # Untrained ones differ from them, and with the seed.
    plain, other = (Learner("sequential", splits[0], small_config(seed=seed)).weights() for seed in (0, 1))
    assert not np.array_equal(first[0], plain[0])
    assert not np.array_equal(plain[0], other[0])


def test_the_best_epoch_is_kept(splits: tuple[Replay, Replay]) -> None:
    # So large a rate soon learns by heart.
    config = small_config(
        learning_rate=0.05, weight_decay=0, epochs=30, patience=2, recalibrate=False, models=("simple",)
    )
    model = train("simple", *splits, config)
    losses = [epoch["valid_loss"] for epoch in model.history]
    assert model.best == int(np.argmin(losses))
    assert len(losses) == model.best + 1 + 2 < 30
    assert sum(validation_losses(model.learner, splits[1])) == pytest.approx(model.valid_loss, rel=1e-5)


def test_recalibration_lowers_the_loss_of_its_rows(splits: tuple[Replay, Replay]) -> None:
    learner = train("simple", *splits, small_config(recalibrate=False, learning_rate=0.05)).learner
    before = validation_losses(learner, splits[1])
    learner.recalibrate(splits[1])
    after = validation_losses(learner, splits[1])
    assert after[0] < before[0]
    assert after[1] < before[1]
    # It starts from the network's own logits each time.
    learner.recalibrate(splits[1])
    assert validation_losses(learner, splits[1]) == pytest.approx(after)


@pytest.mark.parametrize("kind", ["sequential", "simple"])
def test_a_loss_that_is_no_number_stops_it(splits: tuple[Replay, Replay], kind: str) -> None:
    rows = splits[0]
    spoiled = rows.response.copy()
    spoiled[-1] = np.nan
    with pytest.raises(
        NoriaError, match=rf"{kind} diverged in epoch 1 at learning rate 0\.00\d+: its loss is"
    ):
        train(kind, replace(rows, response=spoiled), splits[1], small_config())


def test_the_learning_curve_is_told_while_it_trains(
    splits: tuple[Replay, Replay], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[set[str], int | None]] = []
    monkeypatch.setattr(tracking, "metrics", lambda values, epoch=None: told.append((set(values), epoch)))
    train("simple", *splits, small_config(epochs=2))
    assert told == [({"simple_train_loss", "simple_valid_loss"}, epoch) for epoch in (0, 1)]


def test_leaving_that_is_never_known_is_no_obstacle(splits: tuple[Replay, Replay]) -> None:
    blind = [replace(rows, watched=np.zeros(len(rows), bool)) for rows in splits]
    model = train("sequential", *blind, small_config(epochs=1))
    assert model.history[0]["leaving"] == 0.0


def test_nothing_is_learned_from_ends_that_may_be_cuts(splits: tuple[Replay, Replay]) -> None:
    rows, valid = splits
    assert not rows.watched.all()
    other = replace(rows, left=np.where(rows.watched, rows.left, 1.0).astype(np.float32))
    config = small_config(epochs=1)
    first, second = (train("simple", given, valid, config).learner.weights() for given in (rows, other))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_column_of_extremes_does_no_harm(splits: tuple[Replay, Replay]) -> None:
    learner = Learner("sequential", splits[0], small_config())
    wild = replace(splits[1], state=splits[1].state * 1e6)
    completed, left = learner.predict(wild)
    assert np.isfinite(completed).all()
    assert np.isfinite(left).all()


@pytest.mark.slow
def test_it_learns_what_the_world_does() -> None:
    # Strong effects, so that a short log shows them.
    effects = EffectsConfig(depth=0.8, leave_satisfaction=1.5, drift=0.02)
    world = WorldConfig(users=100, items=200, sessions=4000, longest=12, effects=effects)
    truth = generate_true_log(world)
    log = truth.log
    rows, valid, test = (Replay.of(log, split) for split in ("train", "validation", "test"))
    config = small_config(memory=16, hidden=(32,), epochs=8, batch_size=64)
    probability, leaving = truth.probability[test.track], truth.leaving[test.track][test.watched]
    correlations, left_losses = {}, {}
    for kind in ("sequential", "simple"):
        completed, left = train(kind, rows, valid, config).learner.predict(test)
        correlations[kind] = np.corrcoef(completed, probability)[0, 1]
        assert RankedScores(test.response >= 0.5, completed).auc() > 0.66
        left_losses[kind] = log_loss(test.left[test.watched], left[test.watched])
    constant = np.full(test.watched.sum(), rows.left[rows.watched].mean(), np.float32)
    bound = log_loss(test.left[test.watched], leaving)
    worst = log_loss(test.left[test.watched], constant)
    # Of what can be known about leaving, most is learned with a memory.
    assert (worst - left_losses["sequential"]) / (worst - bound) > 0.6
    assert min(correlations.values()) > 0.7
    # One that learned from shuffled answers is told apart from it by these bounds.
    random = np.random.default_rng(0)
    shuffled = replace(rows, response=random.permutation(rows.response), left=random.permutation(rows.left))
    completed, left = train("sequential", shuffled, valid, config).learner.predict(test)
    assert np.corrcoef(completed, probability)[0, 1] < 0.5
    assert log_loss(test.left[test.watched], left[test.watched]) > worst - 0.2 * (worst - bound)
