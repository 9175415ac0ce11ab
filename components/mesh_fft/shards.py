"""Which part of a field lies on which device.

An axis that a mesh dimension of p devices shards is stored with its size rounded up to a multiple of p; the
rest is zeros ("padding for transport"). Axes that are not sharded have their true size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tensorflow.experimental import dtensor

Slices = tuple[slice, ...]


def mesh_shape(mesh: Any) -> tuple[int, ...]:
    """Sizes of the mesh's dimensions."""
    return tuple(mesh.dim_size(name) for name in mesh.dim_names)


def axis_divisors(mesh: Any, rank: int, sharded_axes: Sequence[int]) -> list[int]:
    """For each axis of a field, over how many devices it is spread."""
    divisors = [1] * rank
    for size, axis in zip(mesh_shape(mesh), sharded_axes, strict=True):
        divisors[axis] *= size
    return divisors


def stored_shape(mesh: Any, shape: Sequence[int], sharded_axes: Sequence[int]) -> tuple[int, ...]:
    """The whole tensor's shape, with what is padded for transport."""
    divisors = axis_divisors(mesh, len(shape), sharded_axes)
    return tuple(math.ceil(size / by) * by for size, by in zip(shape, divisors, strict=True))


def layout(mesh: Any, rank: int, sharded_axes: Sequence[int]) -> Any:
    """DTensor's layout; mesh dimension i shards axis ``sharded_axes[i]``."""
    specs = [dtensor.UNSHARDED] * rank
    for name, axis in zip(mesh.dim_names, sharded_axes, strict=True):
        # A dimension of one device shards nothing, and DTensor then leaves the axis to local operations.
        if mesh.dim_size(name) > 1:
            specs[axis] = name
    return dtensor.Layout(specs, mesh)


def local_slices(mesh: Any, shape: Sequence[int], sharded_axes: Sequence[int]) -> Iterator[Slices]:
    """For each device of this process, in its order, its part of the true field; may be empty."""
    whole = stored_shape(mesh, shape, sharded_axes)
    for place in mesh.local_device_locations():
        slices = [slice(0, size) for size in shape]
        for name, axis in zip(mesh.dim_names, sharded_axes, strict=True):
            if mesh.dim_size(name) == 1:
                continue
            step = whole[axis] // mesh.dim_size(name)
            start = min(place[name] * step, shape[axis])
            slices[axis] = slice(start, min(start + step, shape[axis]))
        yield tuple(slices)
