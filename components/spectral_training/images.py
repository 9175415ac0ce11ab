"""Brings images and their features together, and checks that they belong to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.field_ingest.field_set import SPLITS, FieldSet, Floats
from components.spectral_features.spectral_features import SpectralFeatures
from components.spectral_training.train import Labelled
from noria.errors import DataError

# Features are logarithms; the same ones computed in another order differ by far less.
TOLERANCE = 1e-3
_BATCH = 1024
_HINT = "run spectral_features again on these fields"


def labelled_images(fields: FieldSet, shape: tuple[int, int]) -> dict[str, Labelled]:
    """Images float32 [n, H, W] with labels per split.

    Raises:
        DataError: There are none, or not of ``shape`` [H, W], that of the images that features were made of.
    """
    splits: dict[str, Labelled] = {split: Labelled(*fields.images(split)) for split in SPLITS}
    for split, rows in splits.items():
        if not len(rows.labels):
            raise DataError(f"{fields.folder} has no images in the split {split}")
        if rows.inputs.shape[1:] != shape:
            raise DataError(
                f"{fields.folder} has images of {list(rows.inputs.shape[1:])}, but features were made of "
                f"images of {list(shape)}",
                hint=_HINT,
            )
    return splits


def labelled_features(features: SpectralFeatures) -> dict[str, Labelled]:
    """Features float32 [n, F] with labels per split; raises DataError where there are none."""
    return {split: Labelled(*features.features(split)) for split in SPLITS}


def largest_difference(
    transform: Callable[[Any], Any], images: dict[str, Labelled], features: dict[str, Labelled]
) -> float:
    """The largest difference between stored features and those that ``transform`` gives for the images.

    Raises:
        DataError: It exceeds the tolerance, or number or labels differ: other images made the features.
    """
    largest = 0.0
    for split, rows in images.items():
        stored = features[split]
        if not np.array_equal(stored.labels, rows.labels):
            raise DataError(
                f"labels of the features and of the images differ in the split {split}", hint=_HINT
            )
        difference = np.abs(apply(transform, rows.inputs) - stored.inputs)
        # Not max(), which would lose a difference that is no number.
        largest = float(np.maximum(largest, difference.max()))
    if not largest <= TOLERANCE:
        raise DataError(
            f"stored features and those of the images differ by up to {largest:g}, expected at most "
            f"{TOLERANCE:g}",
            hint=_HINT,
        )
    return largest


def apply(transform: Callable[[Any], Any], images: Floats) -> npt.NDArray[np.float32]:
    """``transform`` of images [n, H, W], so many at a time that memory stays small."""
    parts = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
    return np.concatenate([transform(tf.constant(part)).numpy() for part in parts])
