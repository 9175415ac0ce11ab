"""``python -m components.field_ingest.build_slice FILE``: the shipped part of Fashion-MNIST, made again."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.field_ingest.fashion_mnist import CLASSES, fetch_package, read_package
from noria.errors import NoriaError
from noria.files import replacing

TRAIN, TEST = 6000, 1500
_SEED = 0


def main(arguments: list[str] | None = None) -> int:
    """Writes the slice and prints its size; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write the slice of Fashion-MNIST that is shipped.")
    parser.add_argument("file", type=Path, help="the .npz to write")
    parser.add_argument("--folder", type=Path, help="the package's data; default: fetched with apt-get")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            arrays = read_package(options.folder or fetch_package(Path(scratch)))
    except NoriaError as error:
        print(error, file=sys.stderr)
        return 1
    write_slice(arrays, options.file)
    print(f"{options.file}: {TRAIN:,} train, {TEST:,} test, {options.file.stat().st_size:,} bytes")
    return 0


def write_slice(
    arrays: dict[str, npt.NDArray[np.uint8]], path: Path, train: int = TRAIN, test: int = TEST
) -> None:
    """Writes as many images of each class, drawn with a fixed seed; the same arrays give the same bytes."""
    generator = np.random.default_rng(_SEED)
    kept: dict[str, npt.NDArray[np.uint8]] = {}
    for prefix, count in (("", train), ("test_", test)):
        labels = arrays[f"{prefix}labels"]
        order = generator.permutation(len(labels))
        each = [order[labels[order] == label][: count // len(CLASSES)] for label in range(len(CLASSES))]
        rows = np.sort(np.concatenate(each))
        kept[f"{prefix}images"], kept[f"{prefix}labels"] = arrays[f"{prefix}images"][rows], labels[rows]
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **kept, classes=np.array(CLASSES))


if __name__ == "__main__":
    sys.exit(main())
