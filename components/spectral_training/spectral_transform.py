"""The features of spectral_features inside a graph, by dense matrices: TFLite's built-ins suffice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.spectral_features.config import ImageFeatures
from components.spectral_features.image_features import pooling

# Bounds the power, which may be as large as the number of pixels: half precision ends at 65504.
_LARGEST_POWER = 2.0**14


class SpectralTransform(tf.Module):
    """Images float32 [n, H, W] in 0..1 to features float32 [n, F], as ``ImageFeatures`` defines them.

    The transform is a product with the real DFT matrix along W and one with the complex DFT matrix, written
    as a real one of twice the size, along H. The mean is taken off before and its power put in afterwards:
    it changes no other mode, and in half precision it would drown the small ones. The power is divided by
    a constant that is added again as a logarithm, so that no value leaves half precision's range.
    """

    def __init__(self, definition: ImageFeatures, shape: tuple[int, int]) -> None:
        super().__init__(name="spectral_transform")
        height, width = shape
        half = width // 2 + 1
        self.shape = shape
        self.reduction = max(1.0, height * width / _LARGEST_POWER)
        weights = pooling(definition, shape)
        self.features = len(weights)
        along_rows = _phases(width)[:, :half]
        # Columns: real parts of every mode, then imaginary parts.
        self._rows = _constant(
            np.hstack([np.cos(along_rows), -np.sin(along_rows)]) / math.sqrt(width * self.reduction)
        )
        cosine, sine = np.cos(_phases(height)), np.sin(_phases(height))
        self._columns = _constant(np.block([[cosine, -sine], [sine, cosine]]) / math.sqrt(height))
        # Rows in the order in which the power comes: by mode along W, then along H.
        self._pooling = _constant(weights.transpose(2, 1, 0).reshape(-1, self.features))
        self._mean_power = _constant(weights[:, 0, 0] * (height * width / self.reduction))
        self._floor = definition.floor / self.reduction

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Features float32 [n, F] of images float32 [n, H, W]."""
        height, width = self.shape
        half = width // 2 + 1
        mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
        rows = tf.matmul(tf.reshape(images - mean, [-1, width]), self._rows)
        # [n, H, 2, W/2+1] to [n, W/2+1, 2, H].
        turned = tf.transpose(tf.reshape(rows, [-1, height, 2, half]), [0, 3, 2, 1])
        spectrum = tf.matmul(tf.reshape(turned, [-1, 2 * height]), self._columns)
        power = tf.square(spectrum[:, :height]) + tf.square(spectrum[:, height:])
        pooled = tf.matmul(tf.reshape(power, [-1, half * height]), self._pooling)
        pooled += tf.square(tf.reshape(mean, [-1, 1])) * self._mean_power
        return tf.math.log(pooled + self._floor) + math.log(self.reduction)


def _phases(size: int) -> npt.NDArray[np.float64]:
    """2 pi k m / N: float64 [N, N]; the product is taken modulo N, which keeps the angles exact."""
    index = np.arange(size)
    return 2 * np.pi / size * (np.outer(index, index) % size)


def _constant(values: npt.NDArray[Any]) -> tf.Tensor:
    return tf.constant(values.astype(np.float32))
