"""The transform in the graph gives the features of spectral_features, also at half precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.spectral_features.config import ImageFeatures
from components.spectral_features.image_features import reference_features
from components.spectral_training.spectral_transform import SpectralTransform

HALF_LARGEST = 65504


@settings(max_examples=25, deadline=None)
@given(height=st.integers(3, 40), width=st.integers(3, 40), seed=st.integers(0, 99))
def test_equals_the_definition_at_any_size(height: int, width: int, seed: int) -> None:
    images = np.random.default_rng(seed).random((3, height, width), dtype=np.float32)
    definition = ImageFeatures(radial_bins=3, sectors=4, low_modes=2)
    found = SpectralTransform(definition, (height, width))(images).numpy()
    expected = reference_features(definition, images)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("image", ["black", "white", "stripes"])
def test_extreme_images(image: str) -> None:
    images = np.zeros((1, 28, 28), np.float32)
    if image != "black":
        images[:, :, :: 1 if image == "white" else 2] = 1
    definition = ImageFeatures()
    found = SpectralTransform(definition, (28, 28))(images).numpy()
    assert np.abs(found - reference_features(definition, images)).max() < 1e-4


def test_a_circular_shift_changes_nothing_and_a_rotation_does() -> None:
    images = np.random.default_rng(0).random((2, 20, 20), dtype=np.float32)
    transform = SpectralTransform(ImageFeatures(), (20, 20))
    found = transform(images).numpy()
    assert transform(np.roll(images, (3, -7), (1, 2))).numpy() == pytest.approx(found, abs=1e-4)
    assert np.abs(transform(np.rot90(images, axes=(1, 2)).copy()).numpy() - found).max() > 0.1


def test_no_constant_leaves_half_precision() -> None:
    definition = ImageFeatures(radial_bins=4, sectors=4, low_modes=1)
    shape = (300, 280)
    transform = SpectralTransform(definition, shape)
    assert transform.reduction > 1
    white = np.ones((1, *shape), np.float32)
    striped = np.zeros((1, *shape), np.float32)
    striped[:, ::2] = 1
    for images in (white, striped):
        power = np.abs(np.fft.fft2(images)) ** 2 / images.size / transform.reduction
        assert power.max() < HALF_LARGEST
        found = transform(images).numpy()
        assert np.abs(found - reference_features(definition, images)).max() < 1e-4
