"""The quantile network: standardised features, dense layers, quantiles that cannot cross."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.forecast_training.config import NetworkConfig
from components.forecast_training.training_rows import FloatArray, Matrix, Rows, weighted_error

# Half precision ends at 65504; features that come near it would be infinite in an FP16 file.
LARGEST = 2.0**15
# What untrained quantiles lie apart by, relative to the scale.
_FIRST_DISTANCE = 0.1


class Standardise(tf_keras.layers.Layer):
    """(x - mean) / deviation of each feature, cut off; a missing value (NaN) becomes 0 and sets a flag.

    [rows, features] in; [rows, 2 * features] out: values and flags. Mean and deviation are those of the
    rows given. Some features are left out (0 everywhere): constants, and values too large for half
    precision. A feature without missing values in training never sets its flag, for its weights would not
    have been trained.
    """

    def __init__(self, features: Matrix, clip: float) -> None:
        super().__init__(trainable=False)
        known = np.isfinite(features)
        values = np.where(known, features, 0.0).astype(np.float64)
        count = np.maximum(known.sum(axis=0), 1)
        self._mean = values.sum(axis=0) / count
        deviation = np.sqrt((np.where(known, values - self._mean, 0.0) ** 2).sum(axis=0) / count)
        # A constant's deviation is not quite 0 in floating point.
        varies = deviation > 1e-6 * np.maximum(np.abs(self._mean), 1e-6)
        self.used = varies & (np.abs(values).max(axis=0, initial=0.0) < LARGEST)
        self._factor = np.where(self.used, 1.0 / np.where(varies, deviation, 1.0), 0.0)
        self._flagged = (~known).any(axis=0)
        self._clip = clip

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Keras' hook."""
        # tf.math.is_nan has no counterpart in TFLite; only NaN differs from itself.
        missing = tf.not_equal(features, features)
        mean = tf.constant(self._mean, tf.float32)
        # Cut off before multiplying, in case a value is infinite: 0 times infinity is NaN.
        reach = tf.constant(
            np.where(self.used, self._clip / np.where(self.used, self._factor, 1), 1), tf.float32
        )
        centred = tf.where(missing, tf.zeros_like(features), features - mean)
        scaled = tf.maximum(tf.minimum(centred, reach), -reach) * tf.constant(self._factor, tf.float32)
        flags = tf.cast(missing, tf.float32) * tf.constant(self._flagged, tf.float32)
        return tf.concat([scaled, flags], axis=1)


class OrderedQuantiles(tf_keras.layers.Layer):
    """The median as it is; every other quantile a positive distance (softplus) further from it.

    [rows, quantiles] and the features [rows, features] in; [rows, quantiles] out, ascending.
    """

    def __init__(self, levels: tuple[float, ...], scale: int) -> None:
        super().__init__(trainable=False)
        middle, count = levels.index(0.5), len(levels)
        self._middle, self._scale = middle, scale
        # Row i of the matrix: in which outputs distance i counts, and with which sign.
        self._signs = np.zeros((count, count), np.float32)
        for i in range(count):
            if i < middle:
                self._signs[i, : i + 1] = -1.0
            elif i > middle:
                self._signs[i, i:] = 1.0
        self.edges: FloatArray = np.empty(0)
        self._factors = np.ones((1, count), np.float32)

    def widen(self, edges: FloatArray, factors: FloatArray) -> None:
        """Multiplies distances from now on, by groups of rows.

        Args:
            edges: Ascending scales between groups: ``edges[g-1] < scale <= edges[g]`` in group g.
            factors: [groups, 2], below and above the median; all positive.
        """
        columns = (np.arange(self._factors.shape[1]) > self._middle).astype(int)
        self.edges, self._factors = edges, factors[:, columns].astype(np.float32)

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Keras' hook."""
        raw, features = inputs
        median = raw[:, self._middle : self._middle + 1]
        distances = tf.nn.softplus(raw)
        scale = features[:, self._scale : self._scale + 1]
        factor = tf.constant(self._factors[:1])
        for edge, step in zip(self.edges, np.diff(self._factors, axis=0), strict=True):
            factor += tf.cast(scale > tf.constant(edge, tf.float32), tf.float32) * tf.constant(step)
        return median + tf.matmul(distances * factor, tf.constant(self._signs))


def build_network(
    features: Matrix, levels: tuple[float, ...], scale: int, config: NetworkConfig, seed: int
) -> Any:
    """An untrained Keras model: float32 [rows, features] to relative quantiles [rows, quantiles].

    Args:
        features: Training rows, for mean and deviation.
        levels: Ascending levels, 0.5 among them.
        scale: Column of the features that holds the scale.
        config: Its size.
        seed: Of its weights and dropout.
    """
    tf_keras.utils.set_random_seed(seed)
    first = np.full(len(levels), np.log(np.expm1(_FIRST_DISTANCE)), np.float32)
    first[levels.index(0.5)] = 1.0
    inputs = tf_keras.Input((features.shape[1],), name="features")
    hidden = Standardise(features, config.clip)(inputs)
    for _ in range(config.layers):
        hidden = tf_keras.layers.Dense(config.units, activation="relu")(hidden)
        hidden = tf_keras.layers.Dropout(config.dropout)(hidden)
    raw = tf_keras.layers.Dense(
        len(levels),
        # Starts as a forecast of the scale itself.
        kernel_initializer=tf_keras.initializers.RandomNormal(stddev=0.01),
        bias_initializer=tf_keras.initializers.Constant(first),
    )(hidden)
    return tf_keras.Model(inputs, OrderedQuantiles(levels, scale)((raw, inputs)))


def pinball_loss(levels: tuple[float, ...]) -> Any:
    """Keras loss: the pinball loss (Koenker and Bassett, Econometrica 1978), mean over the levels."""
    level = np.asarray(levels, np.float32)

    def pinball(target: tf.Tensor, quantiles: tf.Tensor) -> tf.Tensor:
        error = tf.reshape(target, [-1, 1]) - quantiles
        return tf.reduce_mean(tf.maximum(level * error, (level - 1) * error), axis=1)

    return pinball


def predict_network(model: Any, features: Matrix) -> npt.NDArray[np.float32]:
    """float32 [rows, quantiles]: relative quantiles."""
    predicted: npt.NDArray[np.float32] = model(tf.constant(features), training=False).numpy()
    return predicted


def unused_features(model: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Features that the model's standardisation leaves out."""
    layer = next(layer for layer in model.layers if isinstance(layer, Standardise))
    return tuple(name for name, used in zip(names, layer.used, strict=True) if not used)


def permutation_importances(
    model: Any, rows: Rows, names: tuple[str, ...], median: int, seed: int
) -> dict[str, float]:
    """WAPE added when a feature's values are shuffled over the rows (Breiman, "Random forests", 2001).

    Args:
        model: The network.
        rows: Labelled rows.
        names: Feature names.
        median: Column of the output that forecasts.
        seed: Of the shuffling.
    """
    order = np.random.default_rng(seed).permutation(len(rows))
    plain = weighted_error(rows, predict_network(model, rows.features)[:, median])
    found = {}
    for column, name in enumerate(names):
        shuffled = rows.features.copy()
        shuffled[:, column] = shuffled[order, column]
        found[name] = weighted_error(rows, predict_network(model, shuffled)[:, median]) - plain
    return found
