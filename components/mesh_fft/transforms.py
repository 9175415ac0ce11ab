"""Distributed Fourier transforms: sharded in and out, of any size, with gradients.

NumPy's conventions: the last axes are transformed, axes before them are batch, the inverse is scaled by 1/n.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.experimental import dtensor

from components.mesh_fft.schedule import KINDS, Kind, Move, Order, schedule
from components.mesh_fft.sharded_field import ShardedField
from components.mesh_fft.shards import axis_divisors, layout, local_slices, mesh_shape, stored_shape
from noria.errors import ConfigError, DataError


def transform(
    field: ShardedField, kind: str, *, order: Order = "natural", length: int | None = None
) -> ShardedField:
    """The discrete Fourier transform of a field.

    Works eagerly and inside ``tf.function``, where tf.GradientTape differentiates through it. float32 and
    complex64 are computed in single precision, float64 and complex128 in double.

    Args:
        field: The field; real ones are taken by fft* and rfft*, complex ones by all but rfft*.
        kind: fft, ifft, rfft, irfft, alone or with 2d or 3d.
        order: "natural" ends in the layout that the field was read in. "transposed" leaves the result spread
            over the axes that the transform ends with (same values, same order of axes), which saves the
            shuffles back; every function here takes either.
        length: Of irfft*: the size of the result's last axis; default: what rfft* was given.

    Raises:
        ConfigError: An unknown kind, a missing or unfit length, or no axis is free to be spread.
        DataError: The field has too few axes, or is real where it must be complex or the other way round.
    """
    known, length = _checked(field, kind, length)
    steps = schedule(
        known,
        field.shape,
        field.sharded_axes,
        mesh_shape(field.mesh),
        order=order,
        home_axes=field.home_axes,
        length=length,
    )
    tensor, result = field.tensor, field.with_tensor(None)
    if field.dtype.kind == "f" and not known.real:
        tensor = tf.cast(tensor, tf.complex128 if tensor.dtype == tf.float64 else tf.complex64)
    # From here on only ``tensor`` holds the values, and only the latest: eagerly each operation then needs
    # its input and its output, not every intermediate result of its step.
    del field
    for step in steps:
        if isinstance(step, Move):
            operations, result = _moving(result, step.dimension, step.axis)
        else:
            operations, result = _along(result, step.axis, known, length)
        for operation in operations:
            tensor = operation(tensor)
    return result.with_tensor(tensor)


def filter_field(
    field: ShardedField, response: Callable[..., NDArray[Any]] | Any, *, axes: int
) -> ShardedField:
    """Multiplies the spectrum of the last ``axes`` axes with a response, and transforms back.

    The spectrum stays in the transposed order: half as many shuffles as two transforms in natural order.

    Args:
        field: Real (the half spectrum is taken) or complex.
        response: What ``spread_response`` takes, or what it made; inside tf.function only the latter.
        axes: 1, 2 or 3.
    """
    kind = ("rfft" if field.dtype.kind == "f" else "fft") + ("" if axes == 1 else f"{axes}d")
    spectrum = transform(field, kind, order="transposed")
    factor = spread_response(spectrum, response, axes=axes) if callable(response) else response
    spectrum = spectrum.with_tensor(spectrum.tensor * tf.cast(factor, spectrum.tensor.dtype))
    return transform(spectrum, "i" + kind)


def frequencies(spectrum: ShardedField, *, axes: int) -> list[tuple[NDArray[np.float64], ...]]:
    """Frequencies in cycles per sample of each shard of this process, without padding.

    For each shard one array per transformed axis, shaped so that they broadcast against each other.
    """
    rank = len(spectrum.shape)
    per_axis = [np.fft.fftfreq(size) for size in spectrum.shape[rank - axes :]]
    if spectrum.real_length is not None:
        per_axis[-1] = np.fft.rfftfreq(spectrum.real_length)
    return [
        tuple(np.ix_(*(values[part] for values, part in zip(per_axis, slices[rank - axes :], strict=True))))
        for slices in local_slices(spectrum.mesh, spectrum.shape, spectrum.sharded_axes)
    ]


def spread_response(spectrum: ShardedField, response: Callable[..., NDArray[Any]], *, axes: int) -> Any:
    """A DTensor that multiplies with ``spectrum.tensor``, made shard by shard; one for the whole batch.

    Args:
        spectrum: The spectrum, in the order in which it will be multiplied.
        response: Gets the frequencies of ``axes`` axes as arrays that broadcast; returns real or complex
            values of their common shape.
        axes: The number of transformed axes.
    """
    rank, mesh = len(spectrum.shape), spectrum.mesh
    divisors = axis_divisors(mesh, rank, spectrum.sharded_axes)
    stored = stored_shape(mesh, spectrum.shape, spectrum.sharded_axes)
    local = [1] * (rank - axes) + [n // by for n, by in zip(stored, divisors, strict=True)][rank - axes :]
    specs = layout(mesh, rank, spectrum.sharded_axes).sharding_specs
    specs = [dtensor.UNSHARDED] * (rank - axes) + specs[rank - axes :]
    shards = []
    for device, at in zip(mesh.local_devices(), frequencies(spectrum, axes=axes), strict=True):
        extent = [1] * (rank - axes) + [values.size for values in at]
        values = np.zeros(local, spectrum.dtype)
        if math.prod(extent):
            part = tuple(map(slice, extent))
            values[part] = np.broadcast_to(response(*at), extent)
        with tf.device(device):
            shards.append(tf.constant(values))
    return dtensor.pack(shards, dtensor.Layout(specs, mesh))


def move(field: ShardedField, dimension: int, axis: int) -> ShardedField:
    """The shuffle: mesh dimension ``dimension`` shards ``axis`` (which is local) instead of what it did."""
    operations, result = _moving(field, dimension, axis)
    tensor = field.tensor
    for operation in operations:
        tensor = operation(tensor)
    return result.with_tensor(tensor)


_Operations = list[Callable[[Any], Any]]


def _moving(field: ShardedField, dimension: int, axis: int) -> tuple[_Operations, ShardedField]:
    """The operations of a shuffle, and the field after it, without values."""
    rank, before = len(field.shape), field.sharded_axes[dimension]
    axes = (*field.sharded_axes[:dimension], axis, *field.sharded_axes[dimension + 1 :])
    operations: _Operations = [lambda tensor: _relayout(tensor, field.mesh, axes, before, axis)]
    missing = -field.shape[axis] % mesh_shape(field.mesh)[dimension]
    if missing:
        padding = [[0, missing if a == axis else 0] for a in range(rank)]
        operations.insert(0, lambda tensor: tf.pad(tensor, padding))
    if stored_shape(field.mesh, field.shape, field.sharded_axes)[before] != field.shape[before]:
        operations.append(lambda tensor: tensor[(slice(None),) * before + (slice(field.shape[before]),)])
    return operations, dataclasses.replace(field, tensor=None, sharded_axes=axes)


def _relayout(tensor: Any, mesh: Any, axes: Sequence[int], before: int, after: int) -> Any:
    """DTensor's all-to-all, from axis ``before`` to axis ``after``."""
    rank = tensor.shape.rank
    if rank <= 3:
        return dtensor.relayout(tensor, layout(mesh, rank, axes))
    # With more than three axes TensorFlow 2.21 mixes up values, without an error: the axes that take no part
    # are joined to one, led by the axis (if any) that the other mesh dimension shards.
    rest = sorted(set(range(rank)) - {before, after}, key=lambda axis: (axis not in axes, axis))
    order = [before, after, *rest]
    turned = tf.transpose(tensor, order)
    shape = turned.shape.as_list()
    joined = tf.reshape(turned, [*shape[:2], math.prod(shape[2:])])
    places = [min(order.index(axis), 2) for axis in axes]
    moved = tf.reshape(dtensor.relayout(joined, layout(mesh, 3, places)), shape)
    return tf.transpose(
        dtensor.relayout(moved, layout(mesh, rank, [order.index(a) for a in axes])), np.argsort(order)
    )


def _along(field: ShardedField, axis: int, kind: Kind, length: int) -> tuple[_Operations, ShardedField]:
    """The operations that transform along one axis, which is local, and the field without values."""
    last = len(field.shape) - 1
    if axis == last and kind.real and kind.inverse:
        whole = dataclasses.replace(field, shape=(*field.shape[:-1], length), real_length=None)
        return [lambda tensor: tf.signal.irfft(tensor, [length])], whole
    if axis == last and kind.real:
        half = dataclasses.replace(field, shape=(*field.shape[:-1], length // 2 + 1), real_length=length)
        return [tf.signal.rfft], half
    one = tf.signal.ifft if kind.inverse else tf.signal.fft
    if axis == last:
        return [one], field
    swap = [*range(last + 1)]
    swap[axis], swap[last] = last, axis
    turn = functools.partial(tf.transpose, perm=swap)
    return [turn, one, turn], field


def _checked(field: ShardedField, name: str, length: int | None) -> tuple[Kind, int]:
    kind = KINDS.get(name)
    if kind is None:
        raise ConfigError(f"unknown transform {name!r}; known: {', '.join(KINDS)}")
    if len(field.shape) < kind.axes:
        raise DataError(f"{name} needs {kind.axes} axes; the field has shape {field.shape}")
    complex_field = field.dtype.kind == "c"
    if kind.real and complex_field != kind.inverse:
        expected = "complex half spectra" if kind.inverse else "real fields"
        raise DataError(f"{name} takes {expected}; the field is {field.dtype}")
    if not (kind.real and kind.inverse):
        if length is not None:
            raise ConfigError(f"length is for irfft*, not for {name}")
        return kind, field.shape[-1]
    length = length if length is not None else field.real_length
    if length is None:
        raise ConfigError(
            f"{name} of a spectrum that rfft* did not make: the result's size is not known",
            hint="give length=, the size of the result's last axis",
        )
    if length < 1 or length // 2 + 1 != field.shape[-1]:
        raise ConfigError(
            f"{name} to length {length} needs {length // 2 + 1} columns; the spectrum has {field.shape[-1]}"
        )
    return kind, length
