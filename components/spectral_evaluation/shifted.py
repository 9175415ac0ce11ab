"""Test images moved by random shifts, which spectral power does not see as long as nothing is cut off."""

from __future__ import annotations

import numpy as np

from components.field_ingest.field_set import Floats, Ints


def shifted_images(images: Floats, filled_shift: int, seed: int) -> dict[str, Floats]:
    """The cases that classifiers are judged on.

    Args:
        images: float32 [n, H, W].
        filled_shift: See ``filled``.
        seed: Of the shifts.

    Returns:
        ``test``: as they are; ``circular``: any shift, what leaves on one side comes in on the other;
        ``filled``: shifted by up to ``filled_shift`` pixels, zeros come in.
    """
    random = np.random.default_rng(seed)
    count, height, width = images.shape
    anywhere = random.integers(0, height, count), random.integers(0, width, count)
    near = random.integers(-filled_shift, filled_shift + 1, (2, count))
    return {
        "test": images,
        "circular": circular(images, *anywhere),
        "filled": filled(images, near[0], near[1]),
    }


def circular(images: Floats, down: Ints, right: Ints) -> Floats:
    """Images [n, H, W], each rolled by its own number of pixels [n]."""
    count, height, width = images.shape
    rows = (np.arange(height) - down[:, None]) % height
    columns = (np.arange(width) - right[:, None]) % width
    rolled: Floats = images[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return rolled


def filled(images: Floats, down: Ints, right: Ints) -> Floats:
    """Images [n, H, W], each shifted by its own number of pixels [n]; zeros come in, what leaves is lost."""
    count, height, width = images.shape
    rows = np.arange(height) - down[:, None]
    columns = np.arange(width) - right[:, None]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    moved = images[
        np.arange(count)[:, None, None], (rows % height)[:, :, None], (columns % width)[:, None, :]
    ]
    return np.where(inside, moved, np.float32(0))
