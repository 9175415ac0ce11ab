"""Random shifts of images, held against NumPy image by image."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.spectral_evaluation.shifted import circular, filled, shifted_images

IMAGES = np.random.default_rng(0).random((5, 6, 9), dtype=np.float32) + 0.5
SHIFTS = st.lists(st.integers(-8, 8), min_size=5, max_size=5).map(np.array)


@given(down=SHIFTS, right=SHIFTS)
def test_circular_is_roll(down: np.ndarray, right: np.ndarray) -> None:
    expected = [np.roll(i, (d, r), (0, 1)) for i, d, r in zip(IMAGES, down, right, strict=True)]
    assert (circular(IMAGES, down, right) == expected).all()


@given(down=SHIFTS, right=SHIFTS)
def test_filled_moves_zeros_in(down: np.ndarray, right: np.ndarray) -> None:
    pad = 10
    for found, image, d, r in zip(filled(IMAGES, down, right), IMAGES, down, right, strict=True):
        wide = np.roll(np.pad(image, pad), (d, r), (0, 1))
        assert (found == wide[pad:-pad, pad:-pad]).all()


def test_cases() -> None:
    images = np.random.default_rng(1).random((400, 7, 8), dtype=np.float32)
    cases = shifted_images(images, 2, seed=3)
    assert list(cases) == ["test", "circular", "filled"]
    assert cases["test"] is images
    assert np.allclose(cases["circular"].sum(axis=(1, 2)), images.sum(axis=(1, 2)))
    # One image in 56 stays where it is.
    assert (cases["circular"] != images).any(axis=(1, 2)).mean() > 0.9
    # A shift by up to 2 leaves the middle inside, and touches nothing beyond two rows of zeros.
    zeros = (cases["filled"] == 0).all(axis=2).sum(axis=1)
    assert set(zeros) == {0, 1, 2}
    again = shifted_images(images, 2, seed=3)
    assert all((again[name] == cases[name]).all() for name in cases)
