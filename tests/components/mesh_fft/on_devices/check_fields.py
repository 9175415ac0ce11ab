"""Fields are read, held and written shard by shard; what cannot be used is refused."""

import numpy as np
import pytest
import tensorflow as tf
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.mesh_config import MeshConfig
from components.mesh_fft.sharded_field import read_field
from noria.errors import ConfigError, DataError


class Watched:
    """An array that notes how many elements are read at once."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.largest = values, values.shape, values.dtype, 0

    def __getitem__(self, part):
        got = self.values[part]
        self.largest = max(self.largest, np.size(got))
        return got


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(1, 20), min_size=2, max_size=3),
    devices=st.sampled_from([(1,), (3,), (8,), (2, 2), (2, 3)]),
    data=st.data(),
)
def test_what_is_read_is_what_was_there(mesh, shape, devices, data):
    axes = data.draw(st.permutations(range(len(shape))))[: len(devices)]
    values = np.random.default_rng(0).normal(size=shape).astype("float32")
    field = read_field(values, mesh(*devices), sharded_axes=axes)
    np.testing.assert_array_equal(field.gather(), values)


def test_no_read_is_larger_than_a_shard(mesh):
    source = Watched(np.ones((80, 10), "float32"))
    field = read_field(source, mesh(8))
    assert source.largest == 100
    assert list(field.local_bytes().values()) == [400] * 8


def test_padding_is_zero_and_is_not_written(mesh, tmp_path):
    field = read_field(np.ones((5, 3), "float64"), mesh(4))
    assert field.tensor.shape == (8, 3)
    assert float(tf.reduce_sum(field.tensor)) == 15
    field.write_npy(tmp_path / "field.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "field.npy"), np.ones((5, 3)))
    assert [path.name for path in tmp_path.iterdir()] == ["field.npy"]


def test_from_a_memmap_and_zarr_into_zarr(mesh, tmp_path):
    values = np.random.default_rng(0).normal(size=(13, 9)).astype("complex64")
    np.save(tmp_path / "a.npy", values)
    stored = zarr.create_array(tmp_path / "a.zarr", shape=(13, 9), chunks=(4, 4), dtype="complex64")
    read_field(np.load(tmp_path / "a.npy", mmap_mode="r"), mesh(3)).write_into(stored)
    np.testing.assert_array_equal(read_field(stored, mesh(2, 2)).gather(), values)


def test_a_failed_write_leaves_the_old_file(mesh, tmp_path, monkeypatch):
    path = tmp_path / "field.npy"
    np.save(path, np.zeros(3))
    field = read_field(np.ones((4, 4), "float32"), mesh(2))
    monkeypatch.setattr(type(field), "write_into", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        field.write_npy(path)
    np.testing.assert_array_equal(np.load(path), np.zeros(3))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("bad", [np.nan, np.inf, complex(0, np.nan)])
def test_not_finite(mesh, bad):
    values = np.ones((10, 6), "complex64")
    values[7, 4] = bad
    with pytest.raises(DataError, match=r"photo: the value at index \(7, 4\) is .*, not finite"):
        read_field(values, mesh(4), name="photo")


@pytest.mark.parametrize(
    ("values", "options", "error", "message"),
    [
        (np.ones((4, 4), "int32"), {}, DataError, "has dtype int32; expected one of float32"),
        (np.ones((4, 4), bool), {}, DataError, "dtype bool"),
        (np.ones((4, 4), object), {}, DataError, "dtype object"),
        (np.ones((4, 4)), {"rank": 3}, DataError, r"shape \(4, 4\); expected 3 axes"),
        (np.float32(1), {}, DataError, r"shape \(\)"),
        (np.ones((0, 4)), {}, DataError, "an axis without elements"),
        (np.ones((4, 4)), {"sharded_axes": (2,)}, ConfigError, "sharded axes"),
        (np.ones((4, 4)), {"sharded_axes": (0, 1)}, ConfigError, "expected 1 different axes"),
        (
            np.ones((4, 5)),
            {"sharded_axes": (1,), "uneven": "refuse"},
            DataError,
            "axis 1 has 5 elements, which a mesh of 4 devices does not divide",
        ),
    ],
)
def test_refused(mesh, values, options, error, message):
    with pytest.raises(error, match=message):
        read_field(values, mesh(4), **options)


def test_fewer_axes_than_the_mesh_has_dimensions(mesh):
    with pytest.raises(ConfigError, match="fewer than the mesh has dimensions"):
        read_field(np.ones(4, "float32"), mesh(2, 2))


def test_an_even_field_is_not_refused(mesh):
    read_field(np.ones((8, 5), "float32"), mesh(4), uneven="refuse")


def test_other_byte_order(mesh):
    values = np.arange(12, dtype=">f4").reshape(3, 4)
    np.testing.assert_array_equal(read_field(values, mesh(2)).gather(), values)


def test_fewer_devices_than_the_mesh_asks():
    with pytest.raises(ConfigError, match="asks for 9 CPU devices, but TensorFlow was started with 8"):
        make_mesh(MeshConfig(devices=9))


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="this machine has GPUs")
def test_no_gpu():
    with pytest.raises(ConfigError, match="asks for 2 GPUs, but TensorFlow sees none"):
        make_mesh(MeshConfig(devices=2, kind="GPU"))
