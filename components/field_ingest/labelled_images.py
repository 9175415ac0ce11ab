"""Small labelled images: read, checked, scaled to 0..1 and split."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.field_ingest.config import ImagesConfig
from components.field_ingest.fashion_mnist import CLASSES, FOLDER, fetch_package, read_package
from components.field_ingest.field_file import part_of
from components.field_ingest.field_set import SPLITS, Floats, ImagesFacts, Ints
from components.field_ingest.open_array import DAMAGE
from components.field_ingest.sources import images_file, shipped_images
from noria.errors import DataError, first_few

TRAIN, VALID, TEST = range(3)


@dataclass(frozen=True)
class LabelledImages:
    """Images as a FieldSet holds them.

    Attributes:
        images: float32 [n, H, W] in 0..1.
        labels: int64 [n].
        split: uint8 [n], position in SPLITS.
        classes: Names of the labels.
        origin: Where they came from.
    """

    images: Floats
    labels: Ints
    split: npt.NDArray[np.uint8]
    classes: tuple[str, ...]
    origin: str

    def facts(self) -> ImagesFacts:
        """What ``fields.json`` says of them."""
        height, width = self.images.shape[1:]
        counts = np.bincount(self.split, minlength=len(SPLITS)).tolist()
        return ImagesFacts(
            shape=(height, width),
            origin=self.origin,
            classes=self.classes,
            counts=dict(zip(SPLITS, counts, strict=True)),
        )


def read_images(config: ImagesConfig) -> LabelledImages:
    """Reads the configured images; ``config.kind`` is not none.

    Raises:
        DataError: The file is not there or damaged, an array is missing or of a wrong rank or type, a value
            is not finite or outside 0..1, labels do not fit, or a class is too small to be split.
    """
    if config.kind == "debian":
        arrays, origin = _from_package(config.path), "Debian's package dataset-fashion-mnist"
    else:
        path = images_file(config.path) if config.kind == "npz" else shipped_images()
        arrays, origin = _from_npz(path), part_of(path)
    images, labels = _checked(arrays, "images", "labels", origin)
    given_test = "test_images" in arrays or "test_labels" in arrays
    if given_test:
        test_images, test_labels = _checked(arrays, "test_images", "test_labels", origin)
        if test_images.shape[1:] != images.shape[1:]:
            raise DataError(
                f"{origin}: images are {list(images.shape[1:])}, test_images {list(test_images.shape[1:])}"
            )
    else:
        test_images, test_labels = images[:0], labels[:0]
    classes = _classes(arrays, np.concatenate([labels, test_labels]), origin)
    split = _split(labels, config, len(classes), not given_test, classes, origin)
    return LabelledImages(
        images=np.concatenate([images, test_images]),
        labels=np.concatenate([labels, test_labels]),
        split=np.concatenate([split, np.full(len(test_labels), TEST, np.uint8)]),
        classes=classes,
        origin=origin,
    )


def _from_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            known = ("images", "labels", "test_images", "test_labels", "classes")
            arrays = {name: file[name] for name in known if name in file.files}
            names = list(file.files)
    except (*DAMAGE, TypeError, AttributeError) as error:
        # A .npy under this name loads as an array, which is no context.
        raise DataError(
            f"{path} cannot be read as .npz: {error or type(error).__name__}",
            hint="it is truncated, damaged, or no .npz; write it with numpy.savez_compressed",
        ) from error
    for name in ("images", "labels"):
        if name not in arrays:
            raise DataError(f"{path} holds no {name!r}; it has: {first_few(names) or 'nothing'}")
    return arrays


def _from_package(path: str) -> dict[str, npt.NDArray[Any]]:
    if path:
        arrays = read_package(images_file(path))
    elif FOLDER.is_dir():
        arrays = read_package(FOLDER)
    else:
        with tempfile.TemporaryDirectory() as folder:
            arrays = read_package(fetch_package(Path(folder)))
    return {**arrays, "classes": np.array(CLASSES)}


def _checked(
    arrays: dict[str, npt.NDArray[Any]], images_name: str, labels_name: str, origin: str
) -> tuple[Floats, Ints]:
    for name in (images_name, labels_name):
        if name not in arrays:
            raise DataError(f"{origin} holds no {name!r} beside the other of images and labels")
    images, labels = arrays[images_name], arrays[labels_name]
    if images.ndim != 3 or images.dtype.kind not in "buf":
        raise DataError(
            f"{origin}: {images_name} is {images.dtype} {list(images.shape)}; expected unsigned whole "
            "numbers or fractions [n, H, W]"
        )
    if 0 in images.shape:
        raise DataError(f"{origin}: {images_name} is empty: its shape is {list(images.shape)}")
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"{origin}: {labels_name} is {labels.dtype} {list(labels.shape)}; expected whole numbers [n]"
        )
    if len(labels) != len(images):
        raise DataError(f"{origin}: {len(images)} {images_name}, but {len(labels)} {labels_name}")
    if labels.min() < 0:
        raise DataError(
            f"{origin}: {labels_name}[{int(labels.argmin())}] is {labels.min()}; they count from 0"
        )
    if images.dtype.kind == "u":
        images = np.divide(images, np.float32(np.iinfo(images.dtype).max), dtype=np.float32, casting="unsafe")
    # ~(inside), so that NaN counts as outside.
    outside = ~((images >= 0) & (images <= 1))
    if outside.any():
        at = np.unravel_index(int(outside.argmax()), outside.shape)
        raise DataError(
            f"{origin}: {images_name}{[int(i) for i in at]} is {images[at]}; expected 0 to 1",
            hint="divide by the largest value that a pixel can have, or give uint8",
        )
    return images.astype(np.float32), labels.astype(np.int64)


def _classes(arrays: dict[str, npt.NDArray[Any]], labels: Ints, origin: str) -> tuple[str, ...]:
    highest = int(labels.max())
    if "classes" not in arrays:
        return tuple(str(number) for number in range(highest + 1))
    classes = tuple(str(name) for name in arrays["classes"].ravel())
    if highest >= len(classes):
        raise DataError(f"{origin}: label {highest} has no name: there are {len(classes)} classes, from 0")
    if len(set(classes)) < len(classes):
        raise DataError(f"{origin}: two classes have the same name: {first_few(classes)}")
    return classes


def _split(
    labels: Ints, config: ImagesConfig, count: int, with_test: bool, classes: tuple[str, ...], origin: str
) -> npt.NDArray[np.uint8]:
    """uint8 [n]: every class is divided by the same shares; its rows in an order drawn from the seed."""
    sizes = np.bincount(labels, minlength=count)
    order = np.random.default_rng(config.seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    valid = np.maximum(1, np.round(sizes * config.validation)).astype(np.int64)
    test = np.maximum(1, np.round(sizes * config.test)).astype(np.int64) * with_test
    short = np.flatnonzero(sizes - valid - test < 1)
    if len(short):
        raise DataError(
            f"{origin}: {int(sizes[short[0]])} training images of class {classes[short[0]]!r} do not fill "
            f"{'train, valid and test' if with_test else 'train and valid'}",
            hint="labels count from 0 without gaps; leave out classes with few images",
        )
    split = np.empty(len(labels), np.uint8)
    split[order] = np.where(
        rank < np.repeat(test, sizes), TEST, np.where(rank < np.repeat(test + valid, sizes), VALID, TRAIN)
    )
    return split
