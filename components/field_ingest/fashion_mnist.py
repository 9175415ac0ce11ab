"""Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; Expat licence) from Debian's package dataset-fashion-mnist."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from noria.digests import file_digest
from noria.errors import DataError, NoriaError

PACKAGE = "dataset-fashion-mnist"
FOLDER = Path("/usr/share/datasets/fashion-mnist")
CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
# Array, the package's file, and its SHA-256: what is fetched is known before it is there.
FILES = (
    (
        "images",
        "train-images-idx3-ubyte.gz",
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    ),
    (
        "labels",
        "train-labels-idx1-ubyte.gz",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    ),
    (
        "test_images",
        "t10k-images-idx3-ubyte.gz",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    ),
    (
        "test_labels",
        "t10k-labels-idx1-ubyte.gz",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
    ),
)
_TIMEOUT = 600  # seconds, for 30 MB


def read_package(folder: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """uint8 arrays ``images`` [60000, 28, 28], ``labels`` [60000], ``test_images``, ``test_labels``.

    Raises:
        DataError: A file is not there, or damaged.
    """
    return {name: read_idx(folder / file) for name, file, _ in FILES}


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Reads a compressed IDX file of bytes: two zero bytes, type 8, rank, sizes (big-endian), values.

    Raises:
        DataError: It is not there, is no such file, or is truncated.
    """
    try:
        with gzip.open(path) as file:
            data = file.read()
    except FileNotFoundError:
        raise DataError(
            f"{path}: no such file", hint=f"give a folder with the files of Debian's {PACKAGE}, or no path"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}", hint="it is truncated or damaged") from error
    if len(data) < 4 or data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        raise DataError(f"{path} is no IDX file of bytes: it starts with {data[:4]!r}")
    shape = tuple(np.frombuffer(data, ">u4", data[3], 4).tolist())
    values: npt.NDArray[Any] = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    if values.size != int(np.prod(shape)):
        raise DataError(f"{path} holds {values.size:,} values, but says that it is {list(shape)}")
    return values.reshape(shape)


def fetch_package(folder: Path) -> Path:
    """Fetches the package with apt-get and unpacks it below ``folder``; needs Debian, but no root.

    Returns:
        The folder of the data.

    Raises:
        NoriaError: There is no apt-get, or it fails.
        DataError: What came is not the known data.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NoriaError(
                f"images.kind=debian: this machine has no {tool}",
                hint="set images.path to a folder with the package's files, or images.kind=slice",
            )
    _run(["apt-get", "download", PACKAGE], folder)
    package = next(folder.glob(f"{PACKAGE}_*.deb"))
    _run(["dpkg-deb", "-x", package.name, "unpacked"], folder)
    data = folder / "unpacked" / FOLDER.relative_to("/")
    for _, file, digest in FILES:
        if not (data / file).is_file() or file_digest(data / file) != digest:
            raise DataError(
                f"{package.name}: {file} is missing or not the known one",
                hint="unpack the package yourself and set images.path, if you trust it",
            )
    return data


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoriaError(f"{' '.join(command)} took more than {_TIMEOUT} s") from None
    if done.returncode:
        raise NoriaError(
            f"{' '.join(command)} failed: {done.stderr.strip()}",
            hint="`apt-get update` first, or images.kind=slice",
        )
