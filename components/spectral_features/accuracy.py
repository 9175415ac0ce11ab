"""How exact a distributed transform is, and how much of it a device holds."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components.mesh_fft.sharded_field import ShardedField

_ROWS = 4
_CHUNK = 2**21


def fft_relative_error(
    source: Any, spectrum: ShardedField, *, most: int
) -> tuple[float, Literal["whole", "rows"]]:
    """Largest difference from NumPy's transform in float64, relative to the largest magnitude.

    Where the field has more than ``most`` values, four rows (planes in 3D) of the spectrum are checked: that
    of mode 0, which holds the mean, and three others, each the transform of a sum over the first axis that
    is taken chunk by chunk.

    Args:
        source: The real field, sliceable.
        spectrum: Its half spectrum, in any order.
        most: Values up to which the whole spectrum is checked.
    """
    if math.prod(source.shape) <= most:
        return _error(spectrum, np.fft.rfftn(np.asarray(source, np.float64)), None), "whole"
    length = source.shape[0]
    rows = np.unique(np.linspace(0, length // 2, _ROWS).astype(int))
    return _error(spectrum, _spectrum_rows(source, rows), rows), "rows"


def memory_ratio(field: ShardedField, spectrum: ShardedField) -> float:
    """Bytes of field and spectrum on the fullest device, padding included, over those of the whole."""
    held = spectrum.local_bytes()
    fullest = max(size + held[device] for device, size in field.local_bytes().items())
    whole = sum(math.prod(part.shape) * part.dtype.itemsize for part in (field, spectrum))
    return fullest / whole


def _spectrum_rows(source: Any, rows: npt.NDArray[Any]) -> npt.NDArray[np.complex128]:
    length, rest = source.shape[0], source.shape[1:]
    total = np.zeros((len(rows), math.prod(rest)), np.complex128)
    step = max(1, _CHUNK // math.prod(rest))
    for start in range(0, length, step):
        part = np.asarray(source[start : start + step], np.float64)
        # Whole numbers modulo the length keep the angle exact.
        turns = np.outer(rows, np.arange(start, start + len(part))) % length / length
        total += np.exp(-2j * math.pi * turns) @ part.reshape(len(part), -1)
    spectrum = np.fft.fftn(total.reshape(len(rows), *rest), axes=range(1, len(rest) + 1))
    return spectrum[..., : rest[-1] // 2 + 1]


def _error(spectrum: ShardedField, expected: npt.NDArray[Any], rows: npt.NDArray[Any] | None) -> float:
    """``expected`` holds the given rows of the first axis, or all."""
    largest = float(np.abs(expected).max())
    worst = 0.0
    for slices, values in spectrum.local_shards():
        first, rest = slices[0], slices[1:]
        if rows is None:
            wanted, got = expected[slices], values
        else:
            inside = (rows >= first.start) & (rows < first.stop)
            wanted, got = expected[(inside, *rest)], values[rows[inside] - first.start]
        if got.size:
            worst = max(worst, float(np.abs(got - wanted).max()))
    return worst / largest if largest else worst
