"""Tests of components/field_ingest/labelled_images.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.field_ingest.config import ImagesConfig
from components.field_ingest.labelled_images import TEST, TRAIN, VALID, LabelledImages, read_images
from noria.errors import DataError

GOOD: dict[str, Any] = {
    "images": np.random.default_rng(0).random((40, 5, 4)),
    "labels": np.arange(40) % 4,
}


def read(folder: Path, arrays: dict[str, Any], **settings: Any) -> LabelledImages:
    np.savez(folder / "own.npz", **arrays)
    return read_images(ImagesConfig(kind="npz", path=str(folder / "own.npz"), **settings))


def test_own_images_without_test_images(tmp_path: Path) -> None:
    images = read(tmp_path, GOOD, validation=0.2, test=0.3)
    assert images.images.dtype == np.float32
    assert images.labels.dtype == np.int64
    assert images.split.dtype == np.uint8
    np.testing.assert_allclose(images.images, GOOD["images"], rtol=1e-6)
    assert images.classes == ("0", "1", "2", "3")
    for label in range(4):
        of_class = images.split[images.labels == label]
        assert np.bincount(of_class).tolist() == [5, 2, 3]
    assert images.facts().counts == {"train": 20, "valid": 8, "test": 12}


def test_test_images_stay_test_images(tmp_path: Path) -> None:
    later = {"test_images": np.zeros((3, 5, 4), np.uint8), "test_labels": [3, 3, 0]}
    arrays = {**GOOD, **later, "classes": ["a", "b", "c", "d"]}
    first, second = (read(tmp_path, arrays, seed=seed) for seed in (0, 1))
    for images in (first, second):
        assert np.flatnonzero(images.split == TEST).tolist() == [40, 41, 42]
        assert images.labels[40:].tolist() == [3, 3, 0]
        assert images.classes == ("a", "b", "c", "d")
    assert not np.array_equal(first.split, second.split)
    assert np.array_equal(first.split, read(tmp_path, arrays, seed=0).split)


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(3, 30), min_size=1, max_size=6),
    validation=st.floats(0.05, 0.3),
    test=st.floats(0.05, 0.3),
    seed=st.integers(0, 5),
)
def test_every_class_is_in_every_split(
    sizes: list[int],
    validation: float,
    test: float,
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    arrays = {"images": np.zeros((len(labels), 2, 2), np.uint8), "labels": labels}
    images = read(tmp_path_factory.mktemp("split"), arrays, validation=validation, test=test, seed=seed)
    for label, size in enumerate(sizes):
        counts = np.bincount(images.split[labels == label], minlength=3)
        assert counts.min() >= 1
        assert abs(counts[VALID] - size * validation) <= 1
        assert abs(counts[TEST] - size * test) <= 1
        assert counts.sum() == size


def test_shipped_slice() -> None:
    images = read_images(ImagesConfig(validation=0.15))
    assert images.images.shape == (7500, 28, 28)
    assert images.images.min() == 0
    assert images.images.max() == 1
    assert len(images.classes) == 10
    for split, each in ((TRAIN, 510), (VALID, 90), (TEST, 150)):
        assert np.bincount(images.labels[images.split == split]).tolist() == [each] * 10
    # No test image may be one that was trained on.
    seen = {image.tobytes() for image in images.images[images.split != TEST]}
    assert not any(image.tobytes() in seen for image in images.images[images.split == TEST])


NAN = GOOD["images"].copy()
NAN[3, 2, 1] = np.nan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": None}, "holds no 'labels'; it has: images"),
        ({"images": GOOD["images"][:39]}, "39 images, but 40 labels"),
        ({"images": np.ones((40, 5))}, r"is float64 \[40, 5\]; expected"),
        ({"images": np.ones((40, 2, 2), np.complex64)}, "is complex64"),
        ({"images": np.ones((40, 2, 2), np.int32)}, "is int32"),
        ({"images": np.ones((40, 0, 2))}, "images is empty"),
        ({"images": GOOD["images"] * 255}, r"images\[0, 0, \d\] is .*; expected 0 to 1\n.*divide by"),
        ({"images": NAN}, r"images\[3, 2, 1\] is nan"),
        ({"labels": np.arange(40) % 4 - 1}, r"labels\[0\] is -1; they count from 0"),
        ({"labels": np.arange(40) / 4}, "labels is float64"),
        ({"labels": np.zeros((40, 4), int)}, r"labels is int64 \[40, 4\]"),
        ({"classes": ["a", "b"]}, "label 3 has no name: there are 2 classes"),
        ({"classes": ["a", "b", "a", "c"]}, "two classes have the same name"),
        (
            {"labels": np.arange(40) % 4 * 2},
            "0 training images of class '1' do not fill train, valid and test",
        ),
        ({"test_images": GOOD["images"]}, "holds no 'test_labels'"),
        (
            {"test_images": np.ones((1, 4, 4)), "test_labels": [0]},
            r"images are \[5, 4\], test_images \[4, 4\]",
        ),
    ],
)
def test_images_that_do_not_fit(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    arrays = {name: values for name, values in {**GOOD, **change}.items() if values is not None}
    with pytest.raises(DataError, match=message):
        read(tmp_path, arrays)


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    config = ImagesConfig(kind="npz", path=str(path))
    with pytest.raises(DataError, match="no such file"):
        read_images(config)
    np.savez(path, **GOOD)
    content = path.read_bytes()
    for part in (0.95, 0.5, 0.0):
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(DataError, match=r"cannot be read as \.npz"):
            read_images(config)
    with path.open("wb") as file:
        np.save(file, GOOD["images"])
    with pytest.raises(DataError, match=r"cannot be read as \.npz"):
        read_images(config)
