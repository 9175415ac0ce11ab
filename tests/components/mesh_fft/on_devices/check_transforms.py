"""Every transform equals NumPy's in double precision, on every mesh and for every size."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.mesh_fft.schedule import KINDS
from components.mesh_fft.sharded_field import read_field
from components.mesh_fft.transforms import move, transform
from noria.errors import ConfigError, DataError

#: Largest error over the largest magnitude.
TOLERANCE = {np.dtype("complex64"): 1e-5, np.dtype("complex128"): 1e-12}
ONE_DIMENSION = [(1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,)]
TWO_DIMENSIONS = [(2, 2), (2, 4), (4, 2), (3, 2), (2, 3), (1, 4), (8, 1)]


def problem(name, shape, seed=0, dtype="complex64"):
    """What is transformed, in ``dtype``'s precision, and NumPy's answer to exactly that."""
    rng, axes = np.random.default_rng(seed), tuple(range(-KINDS[name].axes, 0))
    real = rng.normal(size=shape)
    single = "float32" if dtype == "complex64" else "float64"
    kind = KINDS[name]
    if not kind.real:
        source = (real + 1j * rng.normal(size=shape)).astype(dtype)
        numpy = np.fft.ifftn if kind.inverse else np.fft.fftn
        return source, numpy(source.astype("complex128"), axes=axes)
    if not kind.inverse:
        source = real.astype(single)
        return source, np.fft.rfftn(source.astype("float64"), axes=axes)
    source = np.fft.rfftn(real, axes=axes).astype(dtype)
    sizes = shape[len(shape) - kind.axes :]
    return source, np.fft.irfftn(source.astype("complex128"), s=sizes, axes=axes)


def verify(name, shape, mesh, order, **more):
    source, expected = problem(name, shape, **more)
    length = shape[-1] if name.startswith("irfft") else None
    field = transform(read_field(source, mesh), name, order=order, length=length)
    got = field.gather()
    assert got.shape == expected.shape
    assert (got.dtype.kind == "c") == (expected.dtype.kind == "c")
    precision = np.result_type(source.dtype, "complex64")
    error = np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-30)
    assert error <= TOLERANCE[precision], f"{name} {shape}: {error}"
    if order == "natural":
        assert field.sharded_axes == read_field(source, mesh).sharded_axes


@st.composite
def _cases(draw):
    name = draw(st.sampled_from(sorted(KINDS)))
    axes = KINDS[name].axes
    devices = draw(st.sampled_from(ONE_DIMENSION + TWO_DIMENSIONS))
    rank = draw(st.integers(max(axes, len(devices) + 1), 4))
    largest = 40 if rank < 4 else 12
    shape = tuple(draw(st.lists(st.integers(1, largest), min_size=rank, max_size=rank)))
    return name, shape, devices, draw(st.sampled_from(["natural", "transposed"]))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=_cases())
def test_equals_numpy(mesh, case):
    name, shape, devices, order = case
    verify(name, shape, mesh(*devices), order)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("shape", "devices"), [((7, 31, 23), (8,)), ((9, 13, 11), (2, 4)), ((8, 16, 32), (4,))]
)
def test_every_kind(mesh, name, shape, devices):
    verify(name, shape, mesh(*devices), "natural")
    verify(name, shape, mesh(*devices), "transposed")


@pytest.mark.parametrize("name", KINDS)
def test_double_precision(mesh, name):
    verify(name, (6, 10, 15), mesh(2, 2), "natural", dtype="complex128")


def test_a_larger_field_whose_sides_are_prime(mesh):
    verify("rfft2d", (509, 1021), mesh(8), "natural")
    verify("fft2d", (1021, 509), mesh(7), "transposed")


def test_there_and_back_through_the_transposed_order(mesh):
    values = np.random.default_rng(1).normal(size=(19, 21)).astype("float32")
    spectrum = transform(read_field(values, mesh(4)), "rfft2d", order="transposed")
    assert spectrum.sharded_axes == (1,)
    back = transform(spectrum, "irfft2d")
    assert back.sharded_axes == (0,)
    assert back.shape == (19, 21)
    np.testing.assert_allclose(back.gather(), values, atol=1e-6)


def test_a_real_field_is_taken_by_the_complex_transforms(mesh):
    values = np.random.default_rng(1).normal(size=(5, 6)).astype("float32")
    got = transform(read_field(values, mesh(4)), "fft2d").gather()
    np.testing.assert_allclose(got, np.fft.fft2(values), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "dtype", "kind", "length", "error", "message"),
    [
        ((4, 6), "float32", "fft4d", None, ConfigError, "unknown transform 'fft4d'; known: fft, "),
        ((4, 6), "float32", "fft3d", None, DataError, r"needs 3 axes; the field has shape \(4, 6\)"),
        ((4, 6), "complex64", "rfft2d", None, DataError, "takes real fields; the field is complex64"),
        ((4, 6), "float32", "irfft2d", 10, DataError, "takes complex half spectra"),
        ((4, 6), "complex64", "irfft2d", None, ConfigError, "give length="),
        ((4, 6), "complex64", "irfft2d", 12, ConfigError, "needs 7 columns; the spectrum has 6"),
        ((4, 6), "complex64", "fft2d", 6, ConfigError, "length is for irfft"),
        ((64,), "complex64", "fft", None, ConfigError, "no other axis is free"),
    ],
)
def test_refused(mesh, shape, dtype, kind, length, error, message):
    with pytest.raises(error, match=message):
        transform(read_field(np.ones(shape, dtype), mesh(2)), kind, length=length)


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_every_shuffle_moves_the_right_values(mesh, rank):
    """dtensor.relayout itself answers wrong values with more than three axes."""
    values = np.arange(math.prod(range(3, 3 + rank)), dtype="float32").reshape(range(3, 3 + rank))
    for before, after in itertools.permutations(range(rank), 2):
        field = read_field(values, mesh(3), sharded_axes=(before,))
        np.testing.assert_array_equal(move(field, 0, after).gather(), values)
    for first, second, after in itertools.islice(itertools.permutations(range(rank), 3), 24):
        field = read_field(values, mesh(2, 3), sharded_axes=(first, second))
        np.testing.assert_array_equal(move(field, 0, after).gather(), values)
        np.testing.assert_array_equal(move(field, 1, after).gather(), values)
