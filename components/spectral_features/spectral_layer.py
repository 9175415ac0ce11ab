"""A spectral convolution: learned complex weights on the lowest modes, trained on the mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.experimental import dtensor

from components.mesh_fft.sharded_field import ShardedField
from components.mesh_fft.shards import layout, stored_shape
from components.mesh_fft.transforms import transform
from noria.errors import ConfigError, DataError


class SpectralConvolution(tf.Module):
    """Circular convolution with a kernel that is given by its lowest modes; of fields [n, H, W] or [H, W].

    output = irfft2(R * rfft2(input)), where R is the complex weight for modes of up to ``modes`` cycles per
    field and axis, and 0 for higher ones: a Fourier layer (Li et al., ICLR 2021) with one channel. The
    weights lie whole on every device; the field is never gathered.

    Attributes:
        real: DVariable float32 [2 modes + 1, modes + 1], real part; rows -modes..modes, columns 0..modes.
        imaginary: Likewise. Mode 0's imaginary part, and those of a mode and its mirror image in column 0
            that a real field cannot have, act as the real inverse transform takes them.
    """

    def __init__(self, mesh: Any, modes: int, *, seed: int = 0, deviation: float = 0.0) -> None:
        """Starts as the low-pass filter that keeps those modes, plus Gaussian noise of ``deviation``."""
        super().__init__(name="spectral_convolution")
        if modes < 0:
            raise ConfigError(f"{modes} modes; expected 0 or more")
        self.mesh, self.modes = mesh, modes
        shape = (2 * modes + 1, modes + 1)
        noise = np.random.default_rng(seed).normal(scale=deviation, size=(2, *shape)).astype(np.float32)
        self.real = self._variable(noise[0] + 1)
        self.imaginary = self._variable(noise[1])
        self._embeddings: dict[Any, tuple[Any, Any]] = {}

    def build(self, field: ShardedField) -> None:
        """Places what fields of this shape need on the mesh; once, outside of tf.function."""
        self._embedding(self._forward(field))

    def __call__(self, field: ShardedField) -> ShardedField:
        """The layer's output, shape and layout as the real float32 ``field``; differentiable.

        Raises:
            DataError: The field has too few values along an axis for the modes, or another rank.
        """
        spectrum = self._forward(field)
        rows, columns = self._embedding(spectrum)
        real, imaginary = (tf.matmul(tf.matmul(rows, part), columns) for part in (self.real, self.imaginary))
        response = tf.complex(real, imaginary)
        return transform(spectrum.with_tensor(spectrum.tensor * response), "irfft2d")

    def _forward(self, field: ShardedField) -> ShardedField:
        if len(field.shape) not in (2, 3) or min(field.shape[-2:]) < 2 * self.modes + 1:
            raise DataError(
                f"a field of shape {field.shape}: expected [H, W] or [n, H, W] with H and W of "
                f"{2 * self.modes + 1} or more, for {self.modes} modes"
            )
        return transform(field, "rfft2d", order="transposed")

    def _embedding(self, spectrum: ShardedField) -> tuple[Any, Any]:
        """0/1 matrices that put the weights to their modes: float32 [H, 2 modes + 1], [modes + 1, columns].

        Each is spread as the spectrum's axis of that size is.
        """
        rank = len(spectrum.shape)
        key = (spectrum.shape[-2:], tuple(axis - rank for axis in spectrum.sharded_axes))
        if key not in self._embeddings:
            height, columns = stored_shape(self.mesh, spectrum.shape, spectrum.sharded_axes)[-2:]
            left = np.zeros((height, 2 * self.modes + 1), np.float32)
            at = np.arange(-self.modes, self.modes + 1) % spectrum.shape[-2]
            left[at, np.arange(2 * self.modes + 1)] = 1
            right = np.eye(self.modes + 1, columns, dtype=np.float32)
            specs = layout(self.mesh, rank, spectrum.sharded_axes).sharding_specs[-2:]
            free = dtensor.UNSHARDED
            with tf.init_scope():
                self._embeddings[key] = (
                    self._spread(left, [specs[0], free]),
                    self._spread(right, [free, specs[1]]),
                )
        return self._embeddings[key]

    def _spread(self, values: Any, specs: list[str]) -> Any:
        return dtensor.relayout(self._replicated(values), dtensor.Layout(specs, self.mesh))

    def _replicated(self, values: Any) -> Any:
        return dtensor.copy_to_mesh(
            tf.constant(values, tf.float32), dtensor.Layout.replicated(self.mesh, rank=values.ndim)
        )

    def _variable(self, values: Any) -> Any:
        return dtensor.DVariable(self._replicated(values))
