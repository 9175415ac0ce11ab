"""Denoising by a filter in the spectrum, on the mesh."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from components.mesh_fft.sharded_field import ShardedField
from components.mesh_fft.transforms import spread_response
from components.spectral_features.config import DenoiseConfig
from components.spectral_features.power_spectrum import (
    Doubles,
    RadialSpectrum,
    axes_of,
    forward,
    inverse,
    radial_spectrum,
    radius,
    shards_of_power,
)

# Beyond this radius (cycles per sample) lie the corners of the spectrum, where pictures have least.
_HIGH = 0.5
# Bins per factor of e of the histogram that the median is read from.
_FINENESS = 500
_SPAN = (-80.0, 80.0)


@dataclass(frozen=True)
class Denoised:
    """A denoised field.

    Attributes:
        field: As the noisy one: shape and layout.
        noise: Standard deviation that the noise was taken to have.
        before: Radial spectrum of the noisy field.
        after: Radial spectrum of the denoised one.
    """

    field: ShardedField
    noise: float
    before: RadialSpectrum
    after: RadialSpectrum


def denoise(field: ShardedField, config: DenoiseConfig) -> Denoised:
    """Filters a real field [H, W] or [D, H, W]; its mean is kept.

    The filter works with the field's periodic continuation, so that opposite edges bleed into each other
    where they differ. wiener is the empirical Wiener filter with an isotropic signal spectrum: the radial
    power spectrum less the noise's power, where that is positive.

    Raises:
        DataError: The field is not real, or has another rank.
    """
    spectrum = forward(field)
    noise = noise_level(spectrum) if config.noise is None else config.noise
    before = radial_spectrum(spectrum)
    if config.method == "threshold":
        size = config.strength * noise * math.sqrt(math.prod(field.shape))
        filtered = _shrink(spectrum, size)
    else:
        filtered = _weigh(spectrum, _gain(before, noise, config))
    del spectrum
    return Denoised(inverse(filtered), noise, before, radial_spectrum(filtered))


def noise_level(spectrum: ShardedField) -> float:
    """Standard deviation of white noise, from the median power beyond 0.5 cycles per sample.

    There, white Gaussian noise has exponentially distributed power, whose median is variance * ln 2: a
    robust estimate as the median absolute deviation of wavelet coefficients is (Donoho and Johnstone,
    Biometrika 81, 1994). It is an upper bound where the field itself has power there. The median is read
    from a histogram to 0.1 %. A field too small to have such frequencies is judged by all but its mean.

    Args:
        spectrum: A half spectrum that ``forward`` made.
    """
    low, high = _SPAN
    bins = int(high - low) * _FINENESS
    for least in (_HIGH, 0.0):
        counts = np.zeros(bins)
        for distance, power, weight in shards_of_power(spectrum):
            chosen = distance > least
            level = np.log(np.maximum(power[chosen], math.exp(low)))
            place = np.clip(((level - low) * _FINENESS).astype(np.int64), 0, bins - 1)
            counts += np.bincount(place, weight[chosen], minlength=bins)
        if counts.sum():
            below = np.cumsum(counts)
            middle = int(np.searchsorted(below, below[-1] / 2))
            if middle == 0:
                return 0.0
            return math.sqrt(math.exp((middle + 0.5) / _FINENESS + low) / math.log(2))
    return 0.0


@dataclass(frozen=True)
class _Gain:
    """Amplitude gain by radius: interpolated between bins."""

    centres: Doubles
    values: Doubles

    def __call__(self, *grid: Doubles) -> Doubles:
        distance = radius(*grid)
        gain: Doubles = np.where(distance == 0, 1.0, np.interp(distance, self.centres, self.values))
        return gain


def _gain(before: RadialSpectrum, noise: float, config: DenoiseConfig) -> _Gain:
    if config.method == "lowpass":
        at = np.linspace(0, 1, 4097)
        return _Gain(at, np.exp(-math.log(2) * (at / config.cutoff) ** 2))
    filled = before.modes > 0
    if noise == 0 or not filled.any():
        return _Gain(np.array([0.0, 1.0]), np.ones(2))
    signal = np.maximum(before.power[filled] - noise**2, 0)
    return _Gain(before.centres[filled], signal / (signal + config.strength * noise**2))


def _weigh(spectrum: ShardedField, gain: _Gain) -> ShardedField:
    factor = spread_response(spectrum, gain, axes=axes_of(spectrum))
    return spectrum.with_tensor(spectrum.tensor * factor)


def _shrink(spectrum: ShardedField, size: float) -> ShardedField:
    """Soft threshold of the magnitudes; mode 0 is kept."""
    sizes = spread_response(
        spectrum, lambda *grid: np.where(radius(*grid) == 0, 0.0, size), axes=axes_of(spectrum)
    )
    magnitude = tf.abs(spectrum.tensor)
    kept = tf.maximum(magnitude - tf.math.real(sizes), 0) / tf.maximum(
        magnitude, np.finfo(magnitude.dtype.as_numpy_dtype).tiny
    )
    return dataclasses.replace(spectrum, tensor=spectrum.tensor * tf.cast(kept, spectrum.tensor.dtype))
