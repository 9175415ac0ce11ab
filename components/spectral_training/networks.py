"""The classifier: dense layers, the same for any inputs, as wide as a budget of parameters allows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components.field_ingest.field_set import Floats
from noria.errors import ConfigError


class Standardise(tf_keras.layers.Layer):
    """(inputs - mean) / deviation with constants [d] that are not trained."""

    def __init__(self, mean: Floats, deviation: Floats) -> None:
        super().__init__(name="standardise", trainable=False)
        self._scale = (1.0 / deviation).astype(np.float32)
        self._offset = (-mean / deviation).astype(np.float32)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Keras' hook."""
        return inputs * self._scale + self._offset


def layer_width(inputs: int, classes: int, hidden_layers: int, parameters: int) -> int:
    """The largest width of the hidden layers with at most ``parameters`` weights; 0 without hidden layers.

    Raises:
        ConfigError: Not even a width of 1 fits.
    """
    width = 0 if hidden_layers == 0 else 1
    if _count(inputs, classes, hidden_layers, width) > parameters:
        raise ConfigError(
            f"{parameters} parameters are too few for {inputs} inputs, {hidden_layers} hidden layers and "
            f"{classes} classes: at least {_count(inputs, classes, hidden_layers, width)} are needed",
            hint="raise spectral_training.parameters",
        )
    while hidden_layers and _count(inputs, classes, hidden_layers, width + 1) <= parameters:
        width += 1
    return width


def build_classifier(
    statistics: tuple[Floats, Floats], classes: int, hidden_layers: int, width: int, dropout: float
) -> Any:
    """Keras model: float32 [n, d] to logits [n, classes].

    Args:
        statistics: Mean and standard deviation [d] that inputs are standardised with.
        classes: Number of classes.
        hidden_layers: How many.
        width: Of each.
        dropout: Share of hidden units that are left out of a training step.
    """
    inputs = tf_keras.Input((len(statistics[0]),), name="features")
    values = Standardise(*statistics)(inputs)
    for number in range(hidden_layers):
        values = tf_keras.layers.Dense(width, activation="relu", name=f"hidden_{number}")(values)
        values = tf_keras.layers.Dropout(dropout)(values)
    return tf_keras.Model(inputs, tf_keras.layers.Dense(classes, name="logits")(values), name="classifier")


def _count(inputs: int, classes: int, hidden_layers: int, width: int) -> int:
    sizes = [inputs, *[width] * hidden_layers, classes]
    return sum((before + 1) * after for before, after in pairwise(sizes))
