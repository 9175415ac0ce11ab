"""Checks of components/spectral_features/mesh_features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.spectral_features.config import ImageFeatures
from components.spectral_features.image_features import reference_features
from components.spectral_features.mesh_features import image_features
from noria.errors import DataError


def _images(shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


@settings(max_examples=8, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 29), st.integers(1, 29)),
    devices=st.sampled_from([1, 3, 8]),
    batch=st.sampled_from([7, 16, 1024]),
)
def test_as_defined(mesh, shape, devices, batch):
    images = _images(shape)
    found = image_features(images, ImageFeatures(), mesh(devices), batch=batch)
    np.testing.assert_allclose(found, reference_features(ImageFeatures(), images), atol=1e-4)


def test_black_and_white_images(mesh):
    images = np.stack([np.zeros((28, 28)), np.ones((28, 28))]).astype(np.float32)
    found = image_features(images, ImageFeatures(), mesh(8))
    np.testing.assert_allclose(found, reference_features(ImageFeatures(), images), atol=1e-4)
    np.testing.assert_allclose(found[0], np.log(ImageFeatures().floor), rtol=1e-6)


def test_tells_its_progress(mesh):
    told = []
    image_features(
        _images((20, 9, 8)), ImageFeatures(), mesh(8), batch=16, progress=lambda *now: told.append(now)
    )
    assert told == [(16, 20), (20, 20)]


def test_refuses_what_is_not_images(mesh):
    with pytest.raises(DataError, match=r"expected \[n, H, W\]"):
        image_features(_images((9, 8)), ImageFeatures(), mesh(8))
    broken = _images((20, 9, 8))
    broken[17, 2, 3] = np.nan
    with pytest.raises(DataError, match=r"images from 16 on.*\(1, 2, 3\) is nan"):
        image_features(broken, ImageFeatures(), mesh(8), batch=16)
