"""One field from a file into a FieldSet, block by block: gray, scaled, cropped, checked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.field_ingest.config import FieldSourceConfig
from components.field_ingest.field_file import FieldFile, part_of, rows_per_block
from components.field_ingest.field_set import FieldFacts, Floats, field_path
from components.field_ingest.open_array import OpenArray, open_array
from noria.errors import DataError
from noria.files import replacing

# Rec. 709's luminance of linear red, green and blue, as scikit-image's rgb2gray takes them.
LUMINANCE = np.array([0.2125, 0.7154, 0.0721], np.float32)


def convert_field(source: FieldSourceConfig, path: Path, folder: Path, chunk_mb: int) -> FieldFacts:
    """Reads ``path`` and writes the field's .npy below ``folder``.

    Raises:
        DataError: The file is damaged, empty, of a wrong rank or type, or holds a value that is not finite.
    """
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        open_array(path, source.key, Path(scratch)) as array,
    ):
        what = f"field {source.name} ({path})"
        channels = _channels(source, array, what)
        shape = tuple(int(size) for size in array.values.shape)
        shape = shape if channels == "none" else shape[:-1]
        crop = _crop(source, shape, what)
        step = _step(array.values, chunk_mb)
        with replacing(field_path(folder, source.name)) as temporary, temporary.open("wb") as file:
            result = FieldFile(file, tuple(part.stop - part.start for part in crop))
            for start in range(crop[0].start, crop[0].stop, step):
                block = array.rows(start, min(start + step, crop[0].stop))[:, *crop[1:]]
                offset = (start, *(part.start for part in crop[1:]))
                values = _as_floats(block, source.scale, offset, what)
                result.append(_finite(_gray(values, channels), offset, what))
        origin = part_of(path) + (f" {source.key}" if source.key else "")
        return result.facts(source.name, origin)


def check_field(source: FieldSourceConfig, path: Path) -> None:
    """Raises DataError where the file's header already shows that the field cannot be read."""
    with open_array(path, source.key, scratch=None) as array:
        what = f"field {source.name} ({path})"
        channels = _channels(source, array, what)
        shape = tuple(array.values.shape)
        _crop(source, shape if channels == "none" else shape[:-1], what)


def _channels(source: FieldSourceConfig, array: OpenArray, what: str) -> str | int:
    """ "none", "luminance" or a number, after a check of type and rank."""
    shape, kind = tuple(array.values.shape), np.dtype(array.values.dtype)
    if kind.kind not in "buif":
        raise DataError(
            f"{what} is {kind}; expected whole numbers or fractions",
            hint="give real and imaginary part as two fields" if kind.kind == "c" else "",
        )
    if 0 in shape:
        raise DataError(f"{what} is empty: its shape is {list(shape)}")
    channels = source.channels
    if channels == "auto":
        if not array.colours and len(shape) == 3 and shape[-1] <= 4:
            raise DataError(
                f"{what}: the last of {list(shape)} may be colours or an axis of the field",
                hint="fields: set channels to luminance, none or a channel's number",
            )
        channels = "luminance" if array.colours else "none"
    rank = len(shape) - (channels != "none")
    if rank not in (2, 3):
        raise DataError(
            f"{what} has {rank} {'axis' if rank == 1 else 'axes'} "
            f"{'and channels ' if channels != 'none' else ''}{list(shape)}; expected [H, W] or [D, H, W]",
            hint="fields: give one image or volume; of colours, set channels",
        )
    if channels == "luminance" and shape[-1] > 4:
        raise DataError(
            f"{what} has {shape[-1]} channels; luminance is of 1 to 4",
            hint="fields: set channels to a number",
        )
    if isinstance(channels, int) and channels >= shape[-1]:
        raise DataError(
            f"{what} has {shape[-1]} channels, counted from 0; channel {channels} is none of them"
        )
    return channels


def _crop(source: FieldSourceConfig, shape: tuple[int, ...], what: str) -> tuple[slice, ...]:
    if not source.crop:
        return tuple(slice(0, size) for size in shape)
    if len(source.crop) != len(shape) or any(
        stop > size for (_, stop), size in zip(source.crop, shape, strict=False)
    ):
        raise DataError(f"{what} is {list(shape)}; crop {[list(part) for part in source.crop]} does not fit")
    return tuple(slice(*part) for part in source.crop)


def _step(values: Any, chunk_mb: int) -> int:
    """Rows per block; whole chunks of a chunked array where they fit, so that none is decoded twice."""
    # What becomes of a row is float32, and may be larger than the row.
    bytes_each = max(np.dtype(values.dtype).itemsize, 4)
    rows = rows_per_block(int(np.prod(values.shape[1:])) * bytes_each, chunk_mb)
    chunk = int(getattr(values, "chunks", (1,))[0])
    return rows - rows % chunk if rows > chunk else rows


def _as_floats(block: npt.NDArray[Any], scale: str, offset: tuple[int, ...], what: str) -> Floats:
    if block.dtype.kind == "f":
        with np.errstate(over="ignore"):  # told by the check
            values = block.astype(np.float32)
        _finite(values, offset, what, block)
        return values
    if block.dtype.kind == "b" or scale == "none":
        return block.astype(np.float32)
    return np.divide(block, np.float32(np.iinfo(block.dtype).max), dtype=np.float32, casting="unsafe")


def _gray(values: Floats, channels: str | int) -> Floats:
    if channels == "none":
        return values
    if isinstance(channels, int):
        return values[..., channels]
    count = values.shape[-1]
    gray = values[..., :3] @ LUMINANCE if count > 2 else values[..., 0]
    # Alpha is laid on white.
    return gray if count % 2 else gray * values[..., -1] + (1 - values[..., -1])


def _finite(
    values: Floats, offset: tuple[int, ...], what: str, read: npt.NDArray[Any] | None = None
) -> Floats:
    """``values``, if all are finite; ``read`` is what they were in the file."""
    wrong = ~np.isfinite(values)
    if wrong.any():
        first = np.unravel_index(int(wrong.argmax()), wrong.shape)
        at = [int(i) + start for i, start in zip(first, (*offset, 0), strict=False)]
        raise DataError(
            f"{what}: {(values if read is None else read)[first]} at {at} is no finite float32",
            hint="replace such values, or leave them out with crop",
        )
    return values
