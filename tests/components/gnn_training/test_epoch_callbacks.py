"""Early stopping, the learning rate's course, metric names."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from components.gnn_training.epoch_callbacks import KeepBest, WarmUpCosine, short_name


class FakeModel:
    """As much of a Keras model as the callback touches."""

    def __init__(self) -> None:
        self.weights = [0]
        self.stop_training = False

    def get_weights(self) -> list[int]:
        return list(self.weights)

    def set_weights(self, weights: list[int]) -> None:
        self.weights = weights


def run(accuracies: list[float], patience: int, losses: list[float] | None = None) -> Any:
    keep = KeepBest(patience)
    model = FakeModel()
    keep.model = model
    for epoch, accuracy in enumerate(accuracies):
        model.weights = [epoch]
        logs = {"loss": losses[epoch] if losses else 1.0, "val_sparse_categorical_accuracy": accuracy}
        keep.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    keep.on_train_end()
    return SimpleNamespace(keep=keep, model=model, epochs=epoch + 1)


def test_ends_on_the_best_weights_without_stopping_early() -> None:
    result = run([0.1, 0.5, 0.4], patience=5)
    assert (result.model.weights, result.epochs) == ([1], 3)


def test_stops_when_patience_is_over() -> None:
    result = run([0.5, 0.4, 0.4, 0.9], patience=2)
    assert (result.model.weights, result.epochs) == ([0], 3)


def test_an_infinite_loss_stops_and_keeps_what_was_good() -> None:
    result = run([0.5, 0.6], patience=5, losses=[1.0, math.nan])
    assert (result.model.weights, result.keep.best) == ([0], 0.5)


def test_learning_rate_rises_and_falls() -> None:
    rate = WarmUpCosine(0.1, 100, 0.1)
    rates = [float(rate(step)) for step in range(101)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(0.1, rel=0.05)
    assert rates.index(max(rates)) == pytest.approx(10, abs=1)
    assert rates[100] == pytest.approx(0, abs=1e-6)
    assert rates[10:] == sorted(rates[10:], reverse=True)


@pytest.mark.parametrize(
    ("keras", "ours"),
    [
        ("sparse_categorical_accuracy", "accuracy"),
        ("val_sparse_categorical_accuracy", "valid_accuracy"),
        ("val_classification_logits_sparse_categorical_crossentropy", "valid_cross_entropy"),
        ("loss", "loss"),
        ("val_loss", "valid_loss"),
    ],
)
def test_metric_names(keras: str, ours: str) -> None:
    assert short_name(keras) == ours
