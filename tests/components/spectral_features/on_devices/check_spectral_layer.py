"""Checks of components/spectral_features/spectral_layer: gradients, and training on the mesh."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from components.mesh_fft.sharded_field import read_field
from components.spectral_features.spectral_layer import SpectralConvolution
from noria.errors import ConfigError, DataError


def _noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _undistributed(values, target, real, imaginary):
    """The same layer, loss and gradients with plain TensorFlow in double precision."""
    modes = real.shape[1] - 1
    height, width = values.shape[-2:]
    left = np.zeros((height, 2 * modes + 1))
    left[np.arange(-modes, modes + 1) % height, np.arange(2 * modes + 1)] = 1
    right = np.eye(modes + 1, width // 2 + 1)
    variables = [tf.Variable(part.astype(np.float64)) for part in (real, imaginary)]
    with tf.GradientTape() as tape:
        parts = [left @ variable @ right for variable in variables]
        spectrum = tf.signal.rfft2d(tf.constant(values, tf.float64)) * tf.complex(*parts)
        output = tf.signal.irfft2d(spectrum, [height, width])
        loss = tf.reduce_mean((output - target) ** 2)
    return output.numpy(), float(loss), [g.numpy() for g in tape.gradient(loss, variables)]


def _step(layer, field, target):
    count = float(np.prod(field.shape))

    @tf.function
    def step(values, wanted):
        with tf.GradientTape() as tape:
            # Padding is 0 in both, so the sum over what is stored is that over the field.
            output = layer(field.with_tensor(values))
            loss = tf.reduce_sum((output.tensor - wanted) ** 2) / count
        return loss, tape.gradient(loss, [layer.real, layer.imaginary])

    return lambda: step(field.tensor, target.tensor)


@pytest.mark.parametrize(
    ("shape", "sharded", "devices"),
    [((24, 31), (0,), 8), ((3, 16, 15), (1,), 8), ((8, 16, 15), (0,), 8), ((17, 20), (1,), 3)],
)
def test_output_and_gradients_equal_the_undistributed(mesh, shape, sharded, devices):
    values, wanted = _noise(shape), _noise(shape, 1)
    field, target = (read_field(v, mesh(devices), sharded_axes=sharded) for v in (values, wanted))
    layer = SpectralConvolution(mesh(devices), 3, seed=1, deviation=0.5)
    layer.build(field)
    output, loss, gradients = _undistributed(values, wanted, layer.real.numpy(), layer.imaginary.numpy())
    np.testing.assert_allclose(layer(field).gather(), output, atol=1e-5)
    found, found_gradients = _step(layer, field, target)()
    assert float(found) == pytest.approx(loss, rel=1e-5)
    for got, expected in zip(found_gradients, gradients, strict=True):
        np.testing.assert_allclose(got.numpy(), expected, atol=1e-5 * np.abs(gradients).max())


def test_learns_a_blur_on_the_mesh(mesh):
    values = _noise((40, 36))
    distance = np.hypot(np.fft.fftfreq(40)[:, None] * 40, np.fft.rfftfreq(36)[None, :] * 36)
    inside = (np.abs(np.fft.fftfreq(40)[:, None] * 40) <= 4) & (np.fft.rfftfreq(36)[None, :] * 36 <= 4)
    blurred = np.fft.irfft2(np.fft.rfft2(values) * np.where(inside, np.exp(-distance / 2), 0), (40, 36))
    field, target = (read_field(v.astype(np.float32), mesh(8)) for v in (values, blurred))
    layer = SpectralConvolution(mesh(8), 4, seed=0, deviation=0.1)
    layer.build(field)
    step = _step(layer, field, target)
    losses = []
    for _ in range(60):
        loss, gradients = step()
        losses.append(float(loss))
        for variable, gradient in zip((layer.real, layer.imaginary), gradients, strict=True):
            variable.assign_sub(80.0 * gradient)
    assert losses[-1] < 0.02 * losses[0]


def test_starts_as_a_low_pass(mesh):
    values = _noise((20, 22))
    kept = np.abs(np.fft.fftfreq(20)[:, None] * 20) <= 2.5
    kept = kept & (np.fft.rfftfreq(22)[None, :] * 22 <= 2.5)
    expected = np.fft.irfft2(np.fft.rfft2(values) * kept, (20, 22))
    found = SpectralConvolution(mesh(8), 2)(read_field(values, mesh(8))).gather()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_refuses_fields_without_those_modes(mesh):
    layer = SpectralConvolution(mesh(8), 4)
    with pytest.raises(DataError, match="9 or more, for 4 modes"):
        layer(read_field(_noise((8, 30)), mesh(8)))
    with pytest.raises(ConfigError, match="-1 modes"):
        SpectralConvolution(mesh(8), -1)
