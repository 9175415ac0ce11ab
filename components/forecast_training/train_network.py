"""Training of the quantile network: how many epochs is found on held-out time, then all rows train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.forecast_training.config import ForecastTrainingConfig
from components.forecast_training.intervals import group_edges
from components.forecast_training.network import (
    OrderedQuantiles,
    build_network,
    pinball_loss,
    predict_network,
)
from components.forecast_training.training_rows import FloatArray, Rows
from noria.errors import NoriaError

# Steps that TensorFlow takes before it is back in Python, which would cost more than a small step does.
_STEPS_AT_ONCE = 16
# Least and most that quantiles are moved; a short tail says little.
_WIDENING = (0.2, 10.0)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network fitted on all training rows.

    Attributes:
        model: The Keras model.
        history: Per epoch of the first fit (on the head): ``pinball``, ``valid_pinball`` (on the tail).
        best_epoch: The epoch, from 0, with the best validation; all rows train for one more than this.
        edges: Scales between groups of rows.
        widened: [groups, 2] what distances below and above the median were multiplied by after training.
    """

    model: Any
    history: list[dict[str, float]]
    best_epoch: int
    edges: FloatArray
    widened: FloatArray


def train_network(
    rows: Rows, head: Rows, tail: Rows, scale: int, config: ForecastTrainingConfig
) -> TrainedNetwork:
    """Fits on the head, stops by the tail, then fits a fresh network on all rows for as many epochs.

    Networks are too sure of themselves on rows they have not seen. So the distances of the quantiles from
    the median are multiplied by what the first network would have needed on the tail for its outermost
    quantiles to hold as many rows as their levels say, in each group of rows of a similar scale: split
    conformal prediction with the network's own distance as the measure of difficulty (Lei et al., JASA
    2018; sources and limits in ``intervals``).

    Args:
        rows: All training rows.
        head: The earlier of them.
        tail: The later of them.
        scale: Column of the features that holds the scale.
        config: Network, quantiles, seed.

    Raises:
        NoriaError: The loss was not a finite number.
    """
    # Else parallel operations may add in any order, and the same seed gives other weights.
    tf.config.experimental.enable_op_determinism()
    stop = tf_keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=config.network.patience, restore_best_weights=True
    )
    judged, first = _fit(head, scale, config, config.network.epochs, tail, stop)
    valid = np.asarray(first["val_loss"])
    if not np.isfinite(valid).any():
        raise NoriaError(
            "training of the network diverged: its validation loss was not a finite number in any epoch",
            hint="lower forecast_training.network.learning_rate, or look for extreme feature values in the "
            "report of feature_validation",
        )
    best = int(np.nanargmin(valid))
    model, second = _fit(rows, scale, config, best + 1)
    if not np.isfinite(second["loss"]).all():
        raise NoriaError(
            "training of the network on all rows diverged: its loss was not a finite number",
            hint="lower forecast_training.network.learning_rate",
        )
    sizes = tail.features[:, scale]
    edges = group_edges(sizes, config.interval_groups)
    member = np.searchsorted(edges, sizes, side="left")
    quantiles = predict_network(judged, tail.features)
    widened = np.stack(
        [_widening(quantiles, tail.target, member == g, config.quantiles) for g in range(len(edges) + 1)]
    )
    next(layer for layer in model.layers if isinstance(layer, OrderedQuantiles)).widen(edges, widened)
    losses = zip(first["loss"], first["val_loss"], strict=True)
    history = [{"pinball": float(loss), "valid_pinball": float(held)} for loss, held in losses]
    return TrainedNetwork(model, history, best, edges, widened)


def _fit(
    rows: Rows,
    scale: int,
    config: ForecastTrainingConfig,
    epochs: int,
    tail: Rows | None = None,
    *callbacks: Any,
) -> tuple[Any, dict[str, list[float]]]:
    model = build_network(rows.features, config.quantiles, scale, config.network, config.seed)
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
    quantiles: npt.NDArray[np.float32],
    target: npt.NDArray[np.float32],
    group: npt.NDArray[np.bool_],
    levels: tuple[float, ...],
) -> FloatArray:
    # A group that equal scales left empty takes everybody's factors.
    chosen = group if group.any() else np.ones_like(group)
    median = quantiles[chosen, levels.index(0.5)]
    error = target[chosen] - median
    factors = np.ones(2)
    for side, column in enumerate((0, -1)):
        level = levels[column]
        if level != 0.5:
            needed = np.quantile(error / (quantiles[chosen, column] - median), max(level, 1 - level))
            factors[side] = np.clip(needed, *_WIDENING)
    return factors
