"""How far one field is shifted against another: phase correlation on the mesh."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from components.mesh_fft.sharded_field import ShardedField, from_shards
from components.mesh_fft.shards import Slices
from components.mesh_fft.transforms import spread_response
from components.spectral_features.power_spectrum import Doubles, axes_of, forward, inverse, radius
from noria.errors import DataError

# Width, in cycles per sample, of the Gaussian that the spectrum is weighed with for parts of a sample.
_WIDTH = 0.1
_Index = tuple[int, ...]


@dataclass(frozen=True)
class Shift:
    """Result of a registration.

    Attributes:
        shift: Samples along each axis by which ``moving`` lies further than ``reference``; circular, within
            half an axis: moving[i + shift] is reference[i].
        peak: Height of the correlation's peak at its highest sample: 1 for a circular shift by whole samples,
            little less between samples with ``subpixel``; near 0: the fields do not match.
    """

    shift: tuple[float, ...]
    peak: float


def phase_correlation(
    reference: ShardedField, moving: ShardedField, *, subpixel: bool = False, taper: bool = False
) -> Shift:
    """Finds the shift between two real fields of one shape and mesh.

    Method: Kuglin and Hines, 1975. With ``subpixel`` the normalised cross spectrum is weighed with a
    Gaussian, so that the peak is one too, and a parabola through the logarithms of its neighbours finds its
    place between samples. With ``taper`` both are multiplied with a Hann window first, for pictures of a
    scene that goes on beyond their edges: where opposite edges differ, the transform sees a step there that
    does not move with the scene. The peak of what is shifted circularly is lower then.

    Raises:
        DataError: The fields differ in shape or layout, are not real, or one is constant.
    """
    axes = axes_of(reference)
    if (reference.shape, reference.sharded_axes) != (moving.shape, moving.sharded_axes):
        raise DataError(
            f"fields of shapes {reference.shape} and {moving.shape}, spread over axes "
            f"{reference.sharded_axes} and {moving.sharded_axes}: expected the same",
            hint="crop both to one shape, and read them alike",
        )
    if taper:
        reference, moving = _tapered(reference), _tapered(moving)
    first = forward(reference)
    weights = spread_response(first, _gaussian if subpixel else _not_the_mean, axes=axes)
    cross = forward(moving).tensor * tf.math.conj(first.tensor)
    magnitude = tf.abs(cross)
    tiny = np.finfo(magnitude.dtype.as_numpy_dtype).tiny
    phase = cross / tf.cast(tf.maximum(magnitude, tiny), cross.dtype) * weights
    surface = inverse(first.with_tensor(phase))
    height, peak = _highest(surface)
    if height <= 0:
        raise DataError(
            "the fields cannot be registered: one of them is constant",
            hint="give fields that show something",
        )
    place = np.array(peak, np.float64)
    if subpixel:
        place += _between(surface, peak)
        height /= _gaussian_peak(surface.shape)
    size = np.array(surface.shape)
    # Half an axis forwards and back is the same shift; it is told as forwards.
    shift = np.where(place > size // 2, place - size, place)
    return Shift(tuple(shift.tolist()), height)


def _tapered(field: ShardedField) -> ShardedField:
    """The field without its mean, times a Hann window over all axes."""
    total = sum(float(values.sum(dtype=np.float64)) for _, values in field.local_shards())
    windows = [np.hanning(size + 2)[1:-1] for size in field.shape]

    def part(slices: Slices) -> Doubles:
        return functools.reduce(np.multiply.outer, [w[s] for w, s in zip(windows, slices, strict=True)])

    window = from_shards(part, field.shape, field.mesh, sharded_axes=field.sharded_axes, dtype=field.dtype)
    # The window is zero where the field is padded for transport.
    return field.with_tensor((field.tensor - total / math.prod(field.shape)) * window.tensor)


def _not_the_mean(*grid: Doubles) -> Doubles:
    return np.where(radius(*grid) == 0, 0.0, 1.0)


def _gaussian(*grid: Doubles) -> Doubles:
    weights: Doubles = np.exp(-((radius(*grid) / _WIDTH) ** 2) / 2)
    return weights


def _gaussian_peak(shape: tuple[int, ...]) -> float:
    """Height of the peak of two equal fields: the mean of the Gaussian over all modes."""
    return math.prod(float(np.exp(-((np.fft.fftfreq(n) / _WIDTH) ** 2) / 2).mean()) for n in shape)


def _highest(field: ShardedField) -> tuple[float, _Index]:
    best: tuple[float, _Index] = (-math.inf, ())
    for slices, values in field.local_shards():
        if not values.size:
            continue
        at = np.unravel_index(int(np.argmax(values)), values.shape)
        if values[at] > best[0]:
            place = tuple(int(i) + part.start for i, part in zip(at, slices, strict=True))
            best = (float(values[at]), place)
    return best


def _between(field: ShardedField, peak: _Index) -> list[float]:
    """Distance along each axis from the highest sample to the peak, -0.5..0.5."""
    neighbours = [
        [
            tuple(
                (p + step) % n if a == axis else p
                for a, (p, n) in enumerate(zip(peak, field.shape, strict=True))
            )
            for step in (-1, 0, 1)
        ]
        for axis in range(len(peak))
    ]
    values = _values_at(field, itertools.chain.from_iterable(neighbours))
    return [_parabola(*(values[index] for index in indices)) for indices in neighbours]


def _parabola(before: float, at: float, after: float) -> float:
    if min(before, at, after) <= 0:
        return 0.0
    left, middle, right = math.log(before), math.log(at), math.log(after)
    bend = left - 2 * middle + right
    return max(-0.5, min(0.5, (left - right) / (2 * bend))) if bend < 0 else 0.0


def _values_at(field: ShardedField, indices: Iterable[_Index]) -> dict[_Index, Any]:
    wanted, found = set(indices), {}
    for slices, values in field.local_shards():
        for index in wanted:
            if all(part.start <= i < part.stop for i, part in zip(index, slices, strict=True)):
                found[index] = float(
                    values[tuple(i - part.start for i, part in zip(index, slices, strict=True))]
                )
    return found
