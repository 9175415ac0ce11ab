"""Fits a classifier: every rate of dropout once, epochs and rate chosen by the validation loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components import tracking
from components.field_ingest.field_set import Floats, Ints
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.networks import build_classifier, layer_width
from noria.errors import NoriaError

# Steps that TensorFlow takes before it is back in Python, which would cost more than a small step does.
_STEPS_AT_ONCE = 16
# A feature that hardly varies must not be blown up by its standardisation.
_LEAST_DEVIATION = 0.02


@dataclass(frozen=True)
class Labelled:
    """Rows with their classes: inputs float32 [n, d], labels int64 [n]."""

    inputs: Floats
    labels: Ints


@dataclass(frozen=True)
class Trained:
    """A fitted classifier.

    Attributes:
        model: Keras model, float32 [n, d] to logits [n, classes].
        width: Of its hidden layers.
        dropout: The rate that was chosen.
        history: Per epoch of the chosen fit: loss, accuracy, valid_loss, valid_accuracy.
        best_epoch: Position in ``history`` of the epoch whose weights were kept.
        trials: Lowest validation loss per rate of dropout.
    """

    model: Any
    width: int
    dropout: float
    history: list[dict[str, float]]
    best_epoch: int
    trials: dict[float, float]

    @property
    def best(self) -> dict[str, float]:
        """The kept epoch's metrics."""
        return self.history[self.best_epoch]


def train(
    train_rows: Labelled, valid_rows: Labelled, classes: int, config: SpectralTrainingConfig, shared: bool
) -> Trained:
    """Fits and chooses; rows of the test split have no part in it.

    Args:
        train_rows: Rows to fit.
        valid_rows: Rows to choose by.
        classes: Number of classes.
        config: Budget and seed.
        shared: All inputs are standardised with one mean and deviation (pixels) instead of each with its own.

    Raises:
        NoriaError: No fit has a finite validation loss.
        ConfigError: The budget of parameters is too small.
    """
    # Else parallel operations may add in any order, and the same seed gives other weights.
    tf.config.experimental.enable_op_determinism()
    width = layer_width(train_rows.inputs.shape[1], classes, config.hidden_layers, config.parameters)
    statistics = _statistics(train_rows.inputs, shared)
    fits = []
    for number, dropout in enumerate(config.dropouts):
        tf_keras.utils.set_random_seed(config.seed)
        model = build_classifier(statistics, classes, config.hidden_layers, width, dropout)
        fits.append((dropout, model, _fit(model, train_rows, valid_rows, config)))
        tracking.progress(number + 1, len(config.dropouts), "rates of dropout tried")
    losses = {dropout: min(epoch["valid_loss"] for epoch in history) for dropout, _, history in fits}
    dropout, model, history = min(fits, key=lambda fit: losses[fit[0]])
    valid = [epoch["valid_loss"] for epoch in history]
    return Trained(model, width, dropout, history, int(np.argmin(valid)), losses)


def _fit(
    model: Any, train_rows: Labelled, valid_rows: Labelled, config: SpectralTrainingConfig
) -> list[dict[str, float]]:
    steps = -(-len(train_rows.labels) // config.batch_size)
    model.compile(
        optimizer=tf_keras.optimizers.Adam(config.learning_rate),
        loss=tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=min(_STEPS_AT_ONCE, steps),
    )
    stop = tf_keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=config.patience, restore_best_weights=True
    )
    found = model.fit(
        train_rows.inputs,
        train_rows.labels,
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=(valid_rows.inputs, valid_rows.labels),
        validation_batch_size=2048,
        callbacks=[stop],
        verbose=0,
    ).history
    names = {
        "loss": "loss",
        "accuracy": "accuracy",
        "val_loss": "valid_loss",
        "val_accuracy": "valid_accuracy",
    }
    epochs = len(found["loss"])
    history = [{names[name]: float(found[name][e]) for name in names} for e in range(epochs)]
    if not all(np.isfinite(list(epoch.values())).all() for epoch in history):
        raise NoriaError(
            f"training diverged in epoch {epochs}: a loss is not a finite number",
            hint="lower spectral_training.learning_rate",
        )
    return history


def _statistics(inputs: Floats, shared: bool) -> tuple[Floats, Floats]:
    axis = None if shared else 0
    columns = inputs.shape[1]
    mean = np.broadcast_to(inputs.mean(axis=axis, dtype=np.float64), columns)
    deviation = np.broadcast_to(inputs.std(axis=axis, dtype=np.float64), columns)
    return mean.astype(np.float32), np.maximum(deviation, _LEAST_DEVIATION).astype(np.float32)
