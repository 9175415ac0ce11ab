"""Checks registration on windows of one field whose shift is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.mesh_fft.sharded_field import read_field
from components.spectral_features.registration import phase_correlation

# A window leaves out this part of each axis, and the shift is at most that.
_MARGIN = 8


def largest_shift_error(clean: Any, noisy: Any, mesh: Any, *, shifts: int, seed: int) -> float | None:
    """Largest distance, in samples along an axis, between a known shift and the one that is found.

    The reference is a window of ``noisy``, the other one of ``clean`` at another place: as between two
    pictures of one scene, what enters on one side is not what left on the other. None: no pair of windows
    shows anything that could be found.

    Args:
        clean: The field, sliceable.
        noisy: The same with noise, or itself.
        mesh: A ``dtensor.Mesh``.
        shifts: How many random shifts are tried.
        seed: Seed of the shifts.
    """
    random = np.random.default_rng(seed)
    room = [size // _MARGIN for size in clean.shape]
    distances: list[float] = []
    for _ in range(shifts):
        first, second = (tuple(int(random.integers(r + 1)) for r in room) for _ in range(2))
        parts = [
            source[tuple(slice(o, o + n - r) for o, n, r in zip(at, clean.shape, room, strict=True))]
            for source, at in ((noisy, first), (clean, second))
        ]
        if any(part.min() == part.max() for part in parts):
            continue
        reference, moving = (read_field(part, mesh) for part in parts)
        found = phase_correlation(reference, moving, taper=True).shift
        known = [a - b for a, b in zip(first, second, strict=True)]
        distances += [abs(f - k) for f, k in zip(found, known, strict=True)]
    return max(distances, default=None)
