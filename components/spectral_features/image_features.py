"""Shift-invariant spectral features of small images: what they are. NumPy only.

``config.ImageFeatures`` is the definition; ``mesh_features.py`` computes them on a mesh.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from components.spectral_features.config import ImageFeatures
from noria.errors import DataError

Floats = npt.NDArray[np.float32]


def pooling(definition: ImageFeatures, shape: tuple[int, int]) -> Floats:
    """Weights that average the power of the half spectrum into features.

    A ring and sector without any mode, as small images have, is left out.

    Args:
        definition: What the features are.
        shape: [H, W] of the images.

    Returns:
        float32 [F, H, W // 2 + 1]; each row sums to 1.

    Raises:
        DataError: The images are too small for any feature.
    """
    return _bins(definition, shape)[1]


def feature_names(definition: ImageFeatures, shape: tuple[int, int]) -> tuple[str, ...]:
    """A name per feature: ``ring3_sector1``, ``mode_2_-1`` (cycles per image along the rows' axis, then along
    the columns')."""
    return _bins(definition, shape)[0]


def reference_features(definition: ImageFeatures, images: npt.NDArray[np.generic]) -> Floats:
    """The features by their definition, in float64 on the host: what every other way is held against.

    Args:
        definition: What the features are.
        images: [n, H, W].

    Returns:
        float32 [n, F].
    """
    count, height, width = images.shape
    weights = pooling(definition, (height, width)).astype(np.float64)
    spectrum = np.fft.rfft2(images.astype(np.float64)) / math.sqrt(height * width)
    power = (spectrum.real**2 + spectrum.imag**2).reshape(count, -1)
    pooled = power @ weights.reshape(len(weights), -1).T
    features: Floats = np.log(pooled + definition.floor).astype(np.float32)
    return features


def _bins(definition: ImageFeatures, shape: tuple[int, int]) -> tuple[tuple[str, ...], Floats]:
    height, width = shape
    rows = np.rint(np.fft.fftfreq(height) * height).astype(int)
    columns = np.arange(width // 2 + 1)
    # A column between 0 and the last of an even width also stands for its mirror image.
    twice = (columns > 0) & (2 * columns < width)
    weight = np.broadcast_to(np.where(twice, 2.0, 1.0), (height, len(columns)))
    fy, fx = rows[:, None] / height, columns[None, :] / width
    # Tiny shifts keep modes that lie on an edge on one side of it, whatever the rounding.
    ring = np.floor(np.hypot(fy, fx) / 0.5 * definition.radial_bins - 1e-9).astype(int)
    turn = np.arctan2(fy, fx) / math.pi % 1
    sector = np.floor(turn * definition.sectors + 0.5 + 1e-9).astype(int) % definition.sectors
    ring[0, 0] = definition.radial_bins
    names, weights = [], []
    for r in range(definition.radial_bins):
        for s in range(definition.sectors):
            inside = np.where((ring == r) & (sector == s), weight, 0.0)
            if inside.any():
                names.append(f"ring{r}_sector{s}")
                weights.append(inside / inside.sum())
    for y, x in _low_modes(definition.low_modes, height, width):
        one = np.zeros((height, len(columns)))
        one[y % height, x] = 1
        names.append(f"mode_{y}_{x}")
        weights.append(one)
    if not names:
        raise DataError(
            f"images of {height} x {width} have no mode in any ring",
            hint="set low_modes: 1 or more, or give larger images",
        )
    return tuple(names), np.stack(weights).astype(np.float32)


def _low_modes(most: int, height: int, width: int) -> list[tuple[int, int]]:
    """Modes (cycles per image along each axis) that are not each other's mirror image; none for most = 0."""
    if most == 0:
        return []
    up, right = min(most, (height - 1) // 2), min(most, (width - 1) // 2)
    return [(y, x) for x in range(right + 1) for y in range(-up, up + 1) if x > 0 or y >= 0]
