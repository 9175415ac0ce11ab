"""Filters, and gradients through transforms on the mesh."""

import numpy as np
import pytest
import tensorflow as tf

from components.mesh_fft.sharded_field import read_field
from components.mesh_fft.transforms import filter_field, frequencies, spread_response, transform


def low_pass(*at):
    return np.exp(-20 * sum(f**2 for f in at))


def shift(*at):
    return np.exp(-2j * np.pi * (3 * at[-2] + 5 * at[-1]))


def random(*shape, dtype="float32"):
    rng = np.random.default_rng(3)
    return (rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype == "complex64" else 0)).astype(
        dtype
    )


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize(
    ("shape", "axes", "devices"),
    [
        ((13, 17), 2, (4,)),
        ((3, 12, 10), 2, (8,)),
        ((5, 11, 9), 2, (2, 2)),
        ((7, 9, 10), 3, (2, 3)),
        ((4, 15), 1, (3,)),
    ],
)
def test_a_filter_equals_numpy(mesh, dtype, shape, axes, devices):
    values = random(*shape, dtype=dtype)
    last = tuple(range(-axes, 0))
    response = low_pass(*np.ix_(*(np.fft.fftfreq(n) for n in shape[len(shape) - axes :])))
    expected = np.fft.ifftn(np.fft.fftn(values, axes=last) * response, axes=last)
    field = filter_field(read_field(values, mesh(*devices)), low_pass, axes=axes)
    assert field.shape == shape
    assert field.dtype == dtype
    np.testing.assert_allclose(field.gather(), expected.real if dtype == "float32" else expected, atol=1e-5)


def test_a_complex_response_shifts(mesh):
    values = random(15, 21)
    moved = filter_field(read_field(values, mesh(4)), shift, axes=2).gather()
    np.testing.assert_allclose(moved, np.roll(values, (3, 5), (0, 1)), atol=1e-5)


def test_frequencies_cover_the_spectrum(mesh):
    spectrum = transform(read_field(random(10, 7), mesh(4)), "rfft2d", order="transposed")
    rows, columns = zip(*frequencies(spectrum, axes=2), strict=True)
    assert all((row.ravel() == np.fft.fftfreq(10)).all() for row in rows)
    np.testing.assert_array_equal(np.concatenate([c.ravel() for c in columns]), np.fft.rfftfreq(7))


def plain(kind, values, length):
    name = kind.removesuffix("2d")
    rows = {"rfft": tf.signal.rfft, "fft": tf.signal.fft, "ifft": tf.signal.ifft}
    columns = tf.signal.ifft if name.startswith("i") else tf.signal.fft
    if name == "irfft":
        return tf.signal.irfft(tf.transpose(columns(tf.transpose(values))), [length])
    return tf.transpose(columns(tf.transpose(rows[name](values))))


@pytest.mark.parametrize("kind", ["fft2d", "ifft2d", "rfft2d", "irfft2d"])
@pytest.mark.parametrize("order", ["natural", "transposed"])
def test_the_gradient_equals_the_undistributed_one(mesh, kind, order):
    length = 9 if kind == "irfft2d" else None
    values = random(7, 5 if length else 9, dtype="float32" if kind == "rfft2d" else "complex64")
    field = read_field(values, mesh(4))

    @tf.function
    def gradient(tensor):
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            result = transform(field.with_tensor(tensor), kind, order=order, length=length)
            loss = tf.reduce_sum(tf.abs(result.tensor) ** 4)
        return tape.gradient(loss, tensor)

    with tf.GradientTape() as tape:
        whole = tf.constant(values)
        tape.watch(whole)
        loss = tf.reduce_sum(tf.abs(plain(kind, whole, length)) ** 4)
    expected = tape.gradient(loss, whole).numpy()
    got = field.with_tensor(gradient(field.tensor)).gather()
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_response_learns_on_the_mesh(mesh):
    """Gradient descent on the response finds the filter that made the target."""
    values = random(12, 10)
    field = read_field(values, mesh(4))
    target = filter_field(field, low_pass, axes=2)
    spectrum = transform(field, "rfft2d", order="transposed")
    response = spread_response(
        spectrum, lambda *at: np.ones(np.broadcast_shapes(*(f.shape for f in at))), axes=2
    )

    @tf.function
    def step(response):
        with tf.GradientTape() as tape:
            tape.watch(response)
            got = filter_field(field, response, axes=2)
            loss = tf.reduce_sum((got.tensor - target.tensor) ** 2)
        return loss, response - 0.04 * tape.gradient(loss, response)

    losses = []
    for _ in range(40):
        loss, response = step(response)
        losses.append(float(loss))
    assert losses[-1] < 0.05 * losses[0]
