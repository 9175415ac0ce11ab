"""A field of any size, spread over a mesh: read shard by shard, written shard by shard."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.experimental import dtensor

from components.mesh_fft.shards import (
    Slices,
    axis_divisors,
    layout,
    local_slices,
    mesh_shape,
    stored_shape,
)
from noria.errors import ConfigError, DataError
from noria.files import replacing

DTYPES = ("float32", "float64", "complex64", "complex128")


@dataclass(frozen=True)
class ShardedField:
    """A field on a mesh.

    Attributes:
        tensor: DTensor of ``stored_shape``: sharded axes are padded to a multiple of their devices.
        shape: The field's true shape.
        sharded_axes: For each mesh dimension, the axis that it shards.
        mesh: The ``dtensor.Mesh``.
        home_axes: The sharded axes that the field was read with, to which order="natural" returns.
        real_length: Of a half spectrum (rfft*): the size of the real field's last axis.
    """

    tensor: Any
    shape: tuple[int, ...]
    sharded_axes: tuple[int, ...]
    mesh: Any
    home_axes: tuple[int, ...] = ()
    real_length: int | None = None

    def __post_init__(self) -> None:
        if not self.home_axes:
            object.__setattr__(self, "home_axes", self.sharded_axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The elements' type."""
        return np.dtype(self.tensor.dtype.as_numpy_dtype)

    def with_tensor(self, tensor: Any) -> ShardedField:
        """The same field with other values, e.g. after an elementwise operation on ``tensor``."""
        return dataclasses.replace(self, tensor=tensor)

    def local_shards(self) -> Iterator[tuple[Slices, NDArray[Any]]]:
        """For each device of this process, where its part lies and its values, without padding."""
        places = local_slices(self.mesh, self.shape, self.sharded_axes)
        for slices, shard in zip(places, dtensor.unpack(self.tensor), strict=True):
            part = tuple(slice(0, one.stop - one.start) for one in slices)
            yield slices, np.asarray(memoryview(shard))[part]  # a view: numpy() would copy the shard

    def write_into(self, destination: Any) -> None:
        """Assigns this process's shards to a memmap, a zarr array or anything else of the field's shape."""
        for slices, values in self.local_shards():
            if values.size:
                destination[slices] = values

    def write_npy(self, path: Path) -> None:
        """Writes the field shard by shard beside ``path`` and renames; for a mesh within one process."""
        with replacing(path) as temporary:
            target = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
                temporary, "w+", self.dtype, self.shape
            )
            self.write_into(target)
            target.flush()
            del target

    def gather(self) -> NDArray[Any]:
        """The whole field in host memory: for small ones, and a mesh within one process."""
        whole = np.empty(self.shape, self.dtype)
        self.write_into(whole)
        return whole

    def local_bytes(self) -> dict[str, int]:
        """Bytes of the field on each device of this process, padding included."""
        shards = dtensor.unpack(self.tensor)
        return {shard.device: math.prod(shard.shape) * shard.dtype.size for shard in shards}

    def wait(self) -> ShardedField:
        """Returns when the values are there: DTensor's operations are asynchronous."""
        for shard in dtensor.unpack(self.tensor):
            tf.reshape(shard, [-1])[:1].numpy()
        return self


def from_shards(
    make: Callable[[Slices], NDArray[Any]],
    shape: Sequence[int],
    mesh: Any,
    *,
    sharded_axes: Sequence[int],
    dtype: Any,
) -> ShardedField:
    """A field whose shards are made one after the other; ``make`` gets the slices of the true field."""
    whole = stored_shape(mesh, shape, sharded_axes)
    divisors = axis_divisors(mesh, len(shape), sharded_axes)
    local = [size // by for size, by in zip(whole, divisors, strict=True)]
    shards = []
    devices = mesh.local_devices()
    for device, slices in zip(devices, local_slices(mesh, shape, sharded_axes), strict=True):
        extent = [one.stop - one.start for one in slices]
        values = make(slices) if math.prod(extent) else np.zeros(extent, dtype)
        missing = [(0, size - got) for size, got in zip(local, extent, strict=True)]
        if any(after for _, after in missing):
            values = np.pad(values, missing)
        with tf.device(device):
            shards.append(tf.constant(np.ascontiguousarray(values, dtype)))
        del values
    tensor = dtensor.pack(shards, layout(mesh, len(shape), sharded_axes))
    return ShardedField(tensor, tuple(map(int, shape)), tuple(sharded_axes), mesh)


def read_field(
    source: Any,
    mesh: Any,
    *,
    sharded_axes: Sequence[int] | None = None,
    rank: int | None = None,
    uneven: Literal["pad", "refuse"] = "pad",
    name: str = "the field",
) -> ShardedField:
    """Reads a field shard by shard, so that neither the host nor a device holds more than its part.

    Args:
        source: Anything with shape and dtype that can be sliced: np.memmap, a zarr array, an array.
            float32 and float64, complex64 and complex128; they keep their type.
        mesh: A ``dtensor.Mesh``.
        sharded_axes: For each mesh dimension the axis that it shards; default: the first axes.
        rank: The number of axes that is expected; None takes any.
        uneven: What to do where the mesh does not divide an axis.
        name: What errors call the field.

    Raises:
        DataError: Values that are not finite, a wrong rank or dtype, an empty axis, an axis that the mesh
            does not divide (uneven="refuse").
        ConfigError: The mesh has more dimensions than the field axes, or axes that do not exist.
    """
    shape, dtype = _checked(source, rank, name)
    axes = _axes(shape, mesh, sharded_axes, name)
    for count, axis in zip(mesh_shape(mesh), axes, strict=True):
        if uneven == "refuse" and shape[axis] % count:
            raise DataError(
                f"{name}: axis {axis} has {shape[axis]} elements, which a mesh of {count} devices does "
                "not divide",
                hint="set the mesh's uneven to pad, crop the field, or choose another mesh",
            )

    def read(slices: Slices) -> NDArray[Any]:
        values = np.asarray(source[slices])
        finite = np.isfinite(values)
        if not finite.all():
            first = np.argwhere(~finite)[0] + [one.start for one in slices]
            raise DataError(
                f"{name}: the value at index {tuple(map(int, first))} is {source[tuple(first)]}, not finite",
                hint="fill or cut such values before",
            )
        return values

    return from_shards(read, shape, mesh, sharded_axes=axes, dtype=dtype)


def _checked(source: Any, rank: int | None, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    shape, dtype = tuple(map(int, source.shape)), np.dtype(source.dtype)
    if not shape or (rank is not None and len(shape) != rank):
        raise DataError(f"{name} has shape {shape}; expected {rank or 'one or more'} axes")
    if 0 in shape:
        raise DataError(f"{name} has shape {shape}: an axis without elements")
    if dtype.name not in DTYPES:
        raise DataError(
            f"{name} has dtype {dtype}; expected one of {', '.join(DTYPES)}",
            hint="convert it, e.g. to float32",
        )
    return shape, dtype.newbyteorder("=")


def _axes(shape: tuple[int, ...], mesh: Any, asked: Sequence[int] | None, name: str) -> tuple[int, ...]:
    count, rank = len(mesh.dim_names), len(shape)
    if count > rank:
        raise ConfigError(f"{name} has {rank} axes, fewer than the mesh has dimensions ({count})")
    axes = tuple(range(count)) if asked is None else tuple(asked)
    if len(axes) != count or len(set(axes)) != count or not all(-rank <= axis < rank for axis in axes):
        raise ConfigError(
            f"sharded axes {axes} of {name} with {rank} axes: expected {count} different axes, one for each "
            "mesh dimension"
        )
    return tuple(axis % rank for axis in axes)
