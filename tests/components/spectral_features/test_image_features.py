"""Tests of components/spectral_features: image_features and config; without TensorFlow."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.spectral_features.config import ImageFeatures, SpectralFeaturesConfig
from components.spectral_features.image_features import feature_names, pooling, reference_features
from noria.errors import ConfigError, DataError
from noria.typed_config import parse_config

SIZES = st.tuples(st.integers(1, 33), st.integers(1, 33))


@settings(max_examples=40, deadline=None)
@given(shape=SIZES, rings=st.integers(1, 9), sectors=st.integers(1, 9), low=st.integers(1, 8))
def test_weights_average(shape: tuple[int, int], rings: int, sectors: int, low: int) -> None:
    definition = ImageFeatures(radial_bins=rings, sectors=sectors, low_modes=low)
    weights = pooling(definition, shape)
    assert weights.shape == (len(feature_names(definition, shape)), shape[0], shape[1] // 2 + 1)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, rtol=1e-5)
    assert len(set(feature_names(definition, shape))) == len(weights)
    is_ring = np.array([name.startswith("ring") for name in feature_names(definition, shape)])
    # No mode is in two bins, the mean is in none, and no mode within 0.5 cycles is left out.
    uses = (weights[is_ring] > 0).sum(axis=0)
    distance = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    assert uses[0, 0] == 0
    np.testing.assert_array_equal(uses[(distance > 0) & (distance < 0.499)], 1)
    np.testing.assert_array_equal(uses[distance > 0.501], 0)


@settings(max_examples=30, deadline=None)
@given(shape=SIZES, by=st.tuples(st.integers(-40, 40), st.integers(-40, 40)), seed=st.integers(0, 99))
def test_a_circular_shift_changes_no_feature(shape: tuple[int, int], by: tuple[int, int], seed: int) -> None:
    images = np.random.default_rng(seed).random((2, *shape))
    moved = np.roll(images, by, (1, 2))
    first, second = (reference_features(ImageFeatures(), values) for values in (images, moved))
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_rings_average_the_full_spectrum() -> None:
    """Sector and mirror image told apart on the full spectrum, for an odd and an even width."""
    definition = ImageFeatures(radial_bins=3, sectors=1, low_modes=0, floor=1e-6)
    for shape in ((20, 17), (21, 18)):
        image = np.random.default_rng(0).random(shape)
        power = np.abs(np.fft.fft2(image)) ** 2 / image.size
        distance = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None, :])
        edges = np.arange(4) / 6
        expected = [
            np.log(power[(distance > 0) & (distance > low + 1e-9) & (distance <= high + 1e-9)].mean() + 1e-6)
            for low, high in itertools.pairwise(edges)
        ]
        np.testing.assert_allclose(reference_features(definition, image[None])[0], expected, atol=1e-5)


def test_sectors_tell_directions_apart() -> None:
    rows, columns = np.mgrid[:32, :32]
    names = feature_names(ImageFeatures(), (32, 32))
    for across, along, sector in ((0, 5, 0), (4, 4, 2), (5, 0, 4), (-4, 4, 6)):
        wave = 0.5 + 0.5 * np.cos(2 * np.pi * (across * rows + along * columns) / 32)
        found = reference_features(ImageFeatures(), wave[None])[0]
        rings = [
            value if name.startswith("ring") else -np.inf for name, value in zip(names, found, strict=True)
        ]
        assert names[int(np.argmax(rings))].endswith(f"sector{sector}")
        modes = {n: v for n, v in zip(names, found, strict=True) if n.startswith("mode")}
        assert max((n for n in modes if n != "mode_0_0"), key=modes.__getitem__) == f"mode_{across}_{along}"


def test_power_of_images_in_0_to_1_is_at_most_their_size() -> None:
    """What keeps the features within half precision's range: no image exceeds the white one."""
    images = np.stack([np.ones((28, 28)), np.indices((28, 28)).sum(axis=0) % 2])
    assert np.exp(reference_features(ImageFeatures(), images)).max() <= 28 * 28 * 1.001


def test_images_without_any_mode() -> None:
    with pytest.raises(DataError, match="1 x 1 have no mode"):
        pooling(ImageFeatures(low_modes=0), (1, 1))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"images": {"floor": 0}}, "images.floor"),
        ({"denoise": {"method": "median"}}, "denoise.method"),
        ({"denoise": {"noise": -1}}, "denoise.noise"),
        ({"band_edges": [0, 0.5, 0.5]}, "rising"),
        ({"band_edges": [0.1]}, "band_edges"),
        ({"mesh": {"devices": 6, "shape": [2, 2]}}, "mesh"),
        ({"radial_bins": 3}, "radial_bins"),
    ],
)
def test_configuration_that_does_not_fit(tree: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(SpectralFeaturesConfig, tree, "test")
