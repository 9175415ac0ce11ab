"""Tests of components/spectral_features: the artifact's folder, and the component's specification."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components import artifacts
from components.spectral_features.component import SpectralFeatures as Component
from components.spectral_features.config import DenoiseConfig, ImageFeatures
from components.spectral_features.image_features import feature_names
from components.spectral_features.spectral_features import (
    ImageFeaturesFacts,
    SpectralFacts,
    SpectralFeatures,
    save_facts,
    save_features,
)
from noria.errors import DataError

DEFINITION = ImageFeatures(radial_bins=2, sectors=2, low_modes=1)


def _facts(images: bool = True) -> SpectralFacts:
    names = feature_names(DEFINITION, (8, 8))
    return SpectralFacts(
        fields=(),
        images=ImageFeaturesFacts(
            definition=DEFINITION,
            shape=(8, 8),
            names=names,
            classes=("a", "b"),
            counts={"train": 3, "valid": 1, "test": 1},
        )
        if images
        else None,
        denoise=DenoiseConfig(),
        band_edges=(0.0, 1.0),
        mesh=(8,),
    )


def _save(folder: Path, rows: int = 5) -> np.ndarray:
    features = np.random.default_rng(0).random((rows, len(feature_names(DEFINITION, (8, 8)))), np.float32)
    save_features(folder, features, np.array([0, 1, 0, 1, 1]), np.array([0, 2, 0, 1, 0], np.uint8))
    save_facts(folder, _facts())
    return features


def test_round_trip(tmp_path: Path) -> None:
    features = _save(tmp_path)
    found = SpectralFeatures.load(tmp_path)
    assert found.facts == _facts()
    for split, rows in (("train", [0, 2, 4]), ("valid", [3]), ("test", [1])):
        values, labels = found.features(split)
        np.testing.assert_array_equal(values, features[rows])
        np.testing.assert_array_equal(labels, np.array([0, 1, 0, 1, 1])[rows])


def test_rows_that_do_not_fit_the_labels(tmp_path: Path) -> None:
    _save(tmp_path, rows=4)
    with pytest.raises(DataError, match=r"features \[4, .*5 labels"):
        SpectralFeatures.load(tmp_path).features("train")


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no spectra\.json"):
        SpectralFeatures.load(tmp_path)
    _save(tmp_path)
    path = tmp_path / "features.npy"
    path.write_bytes(path.read_bytes()[:150])
    found = SpectralFeatures.load(tmp_path)
    with pytest.raises(DataError, match=r"features\.npy is missing or damaged"):
        found.features("train")
    with pytest.raises(DataError, match=r"denoised.camera\.npy is missing"):
        found.denoised("camera")


def test_no_images(tmp_path: Path) -> None:
    save_facts(tmp_path, _facts(images=False))
    with pytest.raises(DataError, match="no features of images"):
        SpectralFeatures.load(tmp_path).features("train")


def test_specification() -> None:
    specification = Component.SPEC_CLASS
    assert specification.INPUTS["fields"].type is artifacts.FieldSet
    assert specification.OUTPUTS["features"].type is artifacts.SpectralFeatures
