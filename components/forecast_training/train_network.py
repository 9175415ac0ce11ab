"""Training of the quantile network: how many epochs is found on held-out time, then all rows train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.forecast_training.config import ForecastTrainingConfig
from components.forecast_training.network import (
    OrderedQuantiles,
    build_network,
    pinball_loss,
    predict_network,
)
from components.forecast_training.training_rows import Rows
from noria.errors import NoriaError

# Steps that TensorFlow takes before it is back in Python, which would cost more than a small step does.
_STEPS_AT_ONCE = 16
# Least and most that quantiles are moved; a short tail says little.
_WIDENING = (0.5, 4.0)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network fitted on all training rows.

    Attributes:
        model: The Keras model.
        history: Per epoch of the first fit (on the head): ``pinball``, ``valid_pinball`` (on the tail).
        best_epoch: The epoch, from 0, with the best validation; all rows train for one more than this.
        widened: What the distances below and above the median were multiplied by after training.
    """

    model: Any
    history: list[dict[str, float]]
    best_epoch: int
    widened: tuple[float, float]


def train_network(rows: Rows, head: Rows, tail: Rows, config: ForecastTrainingConfig) -> TrainedNetwork:
    """Fits on the head, stops by the tail, then fits a fresh network on all rows for as many epochs.

    Networks are too sure of themselves on rows they have not seen. So the distances of the quantiles from
    the median are multiplied by what the first network would have needed on the tail for its outermost
    quantiles to hold as many rows as their levels say: split conformal prediction with the network's own
    distance as the measure of difficulty (Lei et al., JASA 2018; sources in ``intervals``).

    Args:
        rows: All training rows.
        head: The earlier of them.
        tail: The later of them.
        config: Network, quantiles, seed.

    Raises:
        NoriaError: The loss was not a finite number.
    """
    # Else parallel operations may add in any order, and the same seed gives other weights.
    tf.config.experimental.enable_op_determinism()
    stop = tf_keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=config.network.patience, restore_best_weights=True
    )
    judged, first = _fit(head, config, config.network.epochs, tail, stop)
    valid = np.asarray(first["val_loss"])
    if not np.isfinite(valid).any():
        raise NoriaError(
            "training of the network diverged: its validation loss was not a finite number in any epoch",
            hint="lower forecast_training.network.learning_rate, or look for extreme feature values in the "
            "report of feature_validation",
        )
    best = int(np.nanargmin(valid))
    model, second = _fit(rows, config, best + 1)
    if not np.isfinite(second["loss"]).all():
        raise NoriaError(
            "training of the network on all rows diverged: its loss was not a finite number",
            hint="lower forecast_training.network.learning_rate",
        )
    widened = _widening(predict_network(judged, tail.features), tail, config.quantiles)
    next(layer for layer in model.layers if isinstance(layer, OrderedQuantiles)).widen(*widened)
    losses = zip(first["loss"], first["val_loss"], strict=True)
    history = [{"pinball": float(loss), "valid_pinball": float(held)} for loss, held in losses]
    return TrainedNetwork(model, history, best, widened)


def _fit(
    rows: Rows, config: ForecastTrainingConfig, epochs: int, tail: Rows | None = None, *callbacks: Any
) -> tuple[Any, dict[str, list[float]]]:
    model = build_network(rows.features, config.quantiles, config.network, config.seed)
    steps = -(-len(rows) // config.network.batch_size)
    model.compile(
        optimizer=tf_keras.optimizers.Adam(config.network.learning_rate),
        loss=pinball_loss(config.quantiles),
        steps_per_execution=min(_STEPS_AT_ONCE, steps),
    )
    result = model.fit(
        rows.features,
        rows.target,
        sample_weight=rows.weight,
        batch_size=config.network.batch_size,
        epochs=epochs,
        validation_data=(tail.features, tail.target, tail.weight) if tail else None,
        validation_batch_size=8192,
        callbacks=list(callbacks),
        verbose=0,
    )
    return model, result.history


def _widening(
    quantiles: npt.NDArray[np.float32], tail: Rows, levels: tuple[float, ...]
) -> tuple[float, float]:
    median = quantiles[:, levels.index(0.5)]
    error = tail.target - median
    factors = []
    for column, level in ((0, levels[0]), (-1, levels[-1])):
        if level == 0.5:
            factors.append(1.0)
            continue
        needed = np.quantile(error / (quantiles[:, column] - median), max(level, 1 - level))
        factors.append(float(np.clip(needed, *_WIDENING)))
    return factors[0], factors[1]
