"""Images and features that do not belong to each other, or are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.field_ingest import field_set
from components.field_ingest.field_set import FieldSet
from components.spectral_features.spectral_features import SpectralFeatures
from components.spectral_training.images import labelled_features, labelled_images, largest_difference
from components.spectral_training.spectral_transform import SpectralTransform
from noria.errors import DataError
from tests.components.spectral_training.folders import (
    DEFINITION,
    HEIGHT,
    WIDTH,
    write_features,
    write_fields,
)

SHAPE = (HEIGHT, WIDTH)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    fields = write_fields(tmp_path / "fields")
    return fields, write_features(tmp_path / "features", fields)


def difference(fields: Path, features: Path) -> float:
    images = labelled_images(FieldSet.load(fields), SHAPE)
    stored = labelled_features(SpectralFeatures.load(features))
    return largest_difference(SpectralTransform(DEFINITION, SHAPE), images, stored)


def test_features_of_these_images(folders: tuple[Path, Path]) -> None:
    assert difference(*folders) < 1e-4


def test_other_labels_and_values_that_are_no_numbers(folders: tuple[Path, Path]) -> None:
    fields, features = folders
    values = np.load(features / "features.npy")
    values[7, 3] = np.nan
    np.save(features / "features.npy", values)
    with pytest.raises(DataError, match="differ by up to nan"):
        difference(fields, features)
    np.save(features / "labels.npy", np.load(features / "labels.npy")[::-1])
    with pytest.raises(DataError, match="labels of the features"):
        difference(fields, features)


def test_other_sizes_and_missing_images(folders: tuple[Path, Path]) -> None:
    fields = FieldSet.load(folders[0])
    with pytest.raises(DataError, match="were made of images of"):
        labelled_images(fields, (HEIGHT, WIDTH + 1))
    field_set.save_facts(fields.folder, fields.facts.model_copy(update={"images": None}))
    with pytest.raises(DataError, match="no labelled images"):
        labelled_images(FieldSet.load(fields.folder), SHAPE)


def test_an_empty_split(folders: tuple[Path, Path]) -> None:
    fields = FieldSet.load(folders[0])
    np.save(fields.folder / "split.npy", np.zeros(len(np.load(fields.folder / "split.npy")), np.uint8))
    with pytest.raises(DataError, match="no images in the split valid"):
        labelled_images(fields, SHAPE)
