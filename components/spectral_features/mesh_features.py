"""Features of many small images on the mesh: the batch is spread, so nothing is shuffled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.experimental import dtensor

from components.mesh_fft.sharded_field import read_field
from components.mesh_fft.transforms import transform
from components.spectral_features.config import ImageFeatures
from components.spectral_features.image_features import Floats, pooling
from noria.errors import DataError


def image_features(
    images: Any,
    definition: ImageFeatures,
    mesh: Any,
    *,
    batch: int = 1024,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Features by ``definition`` of float32 images.

    Args:
        images: [n, H, W], sliceable (np.memmap), values in 0..1.
        definition: What the features are.
        mesh: A mesh of one dimension.
        batch: Images that are on the mesh at once.
        progress: Called with images done and images in all.

    Returns:
        float32 [n, F].

    Raises:
        DataError: Not three axes, another dtype, or values that are not finite.
    """
    if len(images.shape) != 3:
        raise DataError(f"images have shape {tuple(images.shape)}; expected [n, H, W]")
    count, height, width = images.shape
    weights = pooling(definition, (height, width))
    flat = weights.reshape(len(weights), -1).T / (height * width)
    spread = dtensor.copy_to_mesh(tf.constant(flat, tf.float32), dtensor.Layout.replicated(mesh, rank=2))
    result = np.empty((count, len(weights)), np.float32)
    # One size of batch, so that TensorFlow compiles its operations once.
    padded = min(batch, math.ceil(count / mesh.size) * mesh.size)
    for start in range(0, count, batch):
        part = images[start : start + batch]
        if len(part) < padded:
            part = np.concatenate([part, np.zeros((padded - len(part), height, width), part.dtype)])
        field = read_field(part, mesh, rank=3, name=f"images from {start} on")
        spectrum = transform(field, "rfft2d")
        power = tf.math.real(spectrum.tensor) ** 2 + tf.math.imag(spectrum.tensor) ** 2
        pooled = tf.matmul(tf.reshape(power, [power.shape[0], -1]), spread)
        logs = tf.math.log(pooled + definition.floor)
        features = dataclasses.replace(spectrum, tensor=logs, shape=(padded, len(weights)), real_length=None)
        result[start : start + batch] = features.gather()[: count - start]
        if progress:
            progress(min(start + batch, count), count)
    return result
