"""Radial power spectra of fields on a mesh."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.mesh_fft.sharded_field import ShardedField
from components.mesh_fft.transforms import frequencies, transform
from noria.errors import DataError

Doubles = npt.NDArray[np.float64]

# More rings than this tell nothing more in a plot, nor to a Wiener filter.
MOST_BINS = 512


@dataclass(frozen=True)
class RadialSpectrum:
    """Energy per ring (2D) or shell (3D) of frequencies.

    Parseval: ``mean_energy + energy.sum()`` is the sum of the field's squares.

    Attributes:
        edges: [B + 1], cycles per sample; a bin holds its lower edge, the last one also its upper.
        modes: [B], number of modes of the full spectrum in each bin.
        energy: [B], sum of abs(F)^2 / N over them, where N is the field's number of values.
        mean_energy: That of mode 0, which is in no bin.
    """

    edges: Doubles
    modes: Doubles
    energy: Doubles
    mean_energy: float

    @property
    def centres(self) -> Doubles:
        """[B], middle of each bin in cycles per sample."""
        middle: Doubles = (self.edges[:-1] + self.edges[1:]) / 2
        return middle

    @property
    def power(self) -> Doubles:
        """[B], mean power per mode: of white noise, its variance at all frequencies. 0 where no mode is."""
        mean: Doubles = self.energy / np.maximum(self.modes, 1)
        return mean


def forward(field: ShardedField) -> ShardedField:
    """The real transform over all axes, in the transposed order; of a real 2D or 3D field."""
    return transform(field, f"rfft{axes_of(field)}d", order="transposed")


def inverse(spectrum: ShardedField) -> ShardedField:
    """Back from ``forward``, in the layout that the field was read in."""
    return transform(spectrum, f"irfft{axes_of(spectrum)}d")


def axes_of(field: ShardedField) -> int:
    """2 or 3; raises DataError for a field of any other rank."""
    if len(field.shape) not in (2, 3):
        raise DataError(f"a field of shape {field.shape}: expected [H, W] or [D, H, W]")
    return len(field.shape)


def shards_of_power(spectrum: ShardedField) -> Iterator[tuple[Doubles, Doubles, Doubles]]:
    """For each shard of a half spectrum: radius, power abs(F)^2 / N, and how often a mode counts.

    All are [local shape] in float64; the radius in cycles per sample. A mode counts twice where its mirror
    image is left out of the half spectrum.
    """
    if spectrum.real_length is None:
        raise DataError("expected the half spectrum of a real field, as rfft2d or rfft3d make it")
    count = math.prod(spectrum.shape[:-1]) * spectrum.real_length
    grids = frequencies(spectrum, axes=axes_of(spectrum))
    for (_, values), grid in zip(spectrum.local_shards(), grids, strict=True):
        if not values.size:
            continue
        power = (values.real.astype(np.float64) ** 2 + values.imag.astype(np.float64) ** 2) / count
        last = grid[-1]
        weight = np.broadcast_to(np.where((last > 0) & (last < 0.5), 2.0, 1.0), power.shape)
        yield radius(*grid), power, weight


def radius(*grid: Doubles) -> Doubles:
    """Distance from mode 0 in cycles per sample, of frequencies that broadcast."""
    squares: Doubles = np.sqrt(np.sum(np.stack(np.broadcast_arrays(*(axis**2 for axis in grid))), axis=0))
    return squares


def radial_spectrum(spectrum: ShardedField, bins: int | None = None) -> RadialSpectrum:
    """Energy by radius of a half spectrum that ``forward`` made, summed shard by shard in float64.

    Args:
        spectrum: The half spectrum of a real field, in any order.
        bins: Bins between 0 and 0.5 cycles per sample; there are as many more of the same width as the
            corners need. Default: one per mode of the shortest axis, at most MOST_BINS.
    """
    axes = axes_of(spectrum)
    shortest = min(*spectrum.shape[:-1], spectrum.real_length or 1)
    inner = bins or max(1, min(shortest // 2, MOST_BINS))
    total = math.ceil(inner * math.sqrt(axes))
    edges = np.arange(total + 1) / (2 * inner)
    modes, energy, mean_energy = np.zeros(total), np.zeros(total), 0.0
    for distance, power, weight in shards_of_power(spectrum):
        place = np.minimum((distance * (2 * inner)).astype(np.int64), total - 1)
        if distance.flat[0] == 0:
            mean_energy = float(power.flat[0])
        counted = np.where(distance == 0, 0.0, weight).ravel()
        modes += np.bincount(place.ravel(), counted, minlength=total)
        energy += np.bincount(place.ravel(), counted * power.ravel(), minlength=total)
    return RadialSpectrum(edges, modes, energy, mean_energy)


def band_energies(spectrum: RadialSpectrum, edges: Sequence[float]) -> Doubles:
    """Share of the energy, mean left out, in each band between ``edges`` (cycles per sample).

    A ring that an edge cuts is split by width. All zeros where the field is constant.
    """
    total = float(spectrum.energy.sum())
    if total == 0:
        return np.zeros(len(edges) - 1)
    below = np.concatenate([[0.0], np.cumsum(spectrum.energy)])
    shares: Doubles = np.diff(np.interp(edges, spectrum.edges, below)) / total
    return shares
