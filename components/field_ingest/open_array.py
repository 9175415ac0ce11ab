"""Array files opened so that a part can be read without the rest: .npy, .npz, .zarr, .tif; and pictures.

A .png or .jpg is read whole, for its coding leaves no choice. A member of a .npz is unpacked beside the
result before it is mapped, for it may be compressed.
"""

from __future__ import annotations

import importlib.util
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from noria.errors import DataError, first_few

# What NumPy, Pillow, tifffile and zarr raise on damaged files.
DAMAGE = (
    *(OSError, ValueError, EOFError, SyntaxError, RuntimeError, KeyError, IndexError, struct.error),
    *(zipfile.BadZipFile, zlib.error),
)
# CCITT (three), LZW and JPEG: tifffile needs another package for them, Pillow reads them (one page, whole).
_PILLOW_CODINGS = (2, 3, 4, 5, 7)


@dataclass(frozen=True)
class OpenArray:
    """An array in a file.

    Attributes:
        path: The file.
        values: Has ``shape`` and ``dtype``, and gives NumPy arrays when sliced.
        colours: Whether the file says that the last axis holds colours.
    """

    path: Path
    values: Any
    colours: bool = False

    def rows(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Rows of the first axis; raises DataError where the file turns out to be damaged."""
        with _told(self.path):
            return np.asarray(self.values[start:stop])


@contextmanager
def open_array(path: Path, key: str, scratch: Path | None) -> Iterator[OpenArray]:
    """Opens a file for the block.

    Args:
        path: The file, or Zarr folder.
        key: Which array in it; empty: the only one.
        scratch: Folder for what has to be unpacked; None: a look at shape and type will do.

    Raises:
        DataError: The file is damaged or truncated, or has no such array.
    """
    suffix = path.suffix.lower()
    with ExitStack() as stack:
        with _told(path):
            if suffix == ".npy":
                array = OpenArray(path, _mapped(path))
            elif suffix == ".npz":
                array = OpenArray(path, _npz_array(path, key, scratch))
            elif suffix == ".zarr":
                array = OpenArray(path, _zarr_array(path, key))
            elif suffix in (".tif", ".tiff"):
                array = _tiff_array(path, key, stack)
            else:
                picture = _picture(path)
                array = OpenArray(path, picture, colours=picture.ndim == 3)
        yield array


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise DataError(
            f"{path} cannot be read: {error or type(error).__name__}",
            hint="it is truncated, damaged, or not what its ending says; get it again",
        ) from error


def _mapped(path: Path) -> Any:
    # Mapping fails at once where the file is shorter than its header says.
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _npz_array(path: Path, key: str, scratch: Path | None) -> Any:
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        member = f"{_only(names, key, path)}.npy"
        with archive.open(member) as packed:
            if scratch:
                with (scratch / "unpacked.npy").open("wb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
                return _mapped(scratch / "unpacked.npy")
            version = np.lib.format.read_magic(packed)  # type: ignore[no-untyped-call]
            header = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                header = np.lib.format.read_array_header_2_0
            shape, _, kind = header(packed)  # type: ignore[no-untyped-call]
            # One value in memory, whatever the shape.
            return np.broadcast_to(np.zeros((), kind), shape)


def _zarr_array(path: Path, key: str) -> Any:
    import zarr

    node = zarr.open(path, mode="r")
    if isinstance(node, zarr.Array):
        if key:
            raise DataError(f"{path} is one array, not a group with a {key!r}", hint="leave key empty")
        return node
    if key and key in node and isinstance(node[key], zarr.Array):
        return node[key]
    return node[_only(sorted(node.array_keys()), key, path)]


def _tiff_array(path: Path, key: str, stack: ExitStack) -> OpenArray:
    import tifffile
    import zarr

    file = stack.enter_context(tifffile.TiffFile(path))
    series = file.series[int(_only([str(i) for i in range(len(file.series))], key, path))]
    compression = int(series.keyframe.compression)
    if compression in _PILLOW_CODINGS and importlib.util.find_spec("imagecodecs") is None:
        if len(series.pages) > 1:
            raise DataError(
                f"{path} has several pages of the coding {tifffile.COMPRESSION(compression).name}",
                hint="save it uncompressed or with Deflate, or `pip install imagecodecs`",
            )
        picture = _picture(path)
        return OpenArray(path, picture, colours=picture.ndim == 3)
    # tifffile takes a strip that lies beyond the end of the file for zeros.
    size = path.stat().st_size
    for page in series.pages:
        segments = [] if page is None else zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(offset + count > size for offset, count in segments):
            raise DataError(f"{path} is truncated: it ends at byte {size:,}", hint="get it again")
    if "S" in series.axes[:-1]:
        raise DataError(
            f"{path} holds colours as planes (axes {series.axes})", hint="save it with interleaved colours"
        )
    values = zarr.open(series.aszarr(level=0), mode="r")
    return OpenArray(path, values, colours=series.axes.endswith("S"))


def _picture(path: Path) -> Any:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            # A palette's numbers are no brightness, and CMYK's are no light.
            if picture.mode in ("P", "PA"):
                return np.asarray(picture.convert("RGBA"))
            if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
                return np.asarray(picture.convert("RGB"))
            return np.asarray(picture)
    except Image.DecompressionBombError as error:
        raise DataError(f"{path}: {error}", hint="save pictures of this size as TIFF") from error


def _only(names: list[str], key: str, path: Path) -> str:
    if key in names:
        return key
    if not key and len(names) == 1:
        return names[0]
    if not names:
        raise DataError(f"{path} cannot be read: it holds no array", hint="it is truncated or empty")
    wanted = f"no array {key!r}" if key else f"{len(names)} arrays, of which key names none"
    raise DataError(f"{path} has {wanted}; it has: {first_few(names)}", hint="fields: set key")
