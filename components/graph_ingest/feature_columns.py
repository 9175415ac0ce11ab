"""Columns of a table to feature arrays; nothing missing or infinite gets through unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from noria.errors import DataError, first_few

# Whole numbers stand for things, and every thing gets a row of learned numbers.
MAX_VOCABULARY = 2**22


@dataclass(frozen=True)
class Column:
    """Where values come from and what they shall be.

    Attributes:
        origin: File and feature, for error messages.
        ids: [rows] the nodes' ids, for error messages.
        dtype: float32, int32 or int64.
        shape: Of one row; () for a number.
        zero_missing: Whether a missing value is read as 0 instead of being an error.
    """

    origin: str
    ids: pa.Array
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    zero_missing: bool

    @property
    def width(self) -> int:
        """Numbers in one row."""
        return int(np.prod(self.shape))

    @property
    def working_dtype(self) -> np.dtype[Any]:
        """What values are checked as: it can say "missing", and float64 holds whole numbers to 2^53."""
        return np.dtype(np.float32 if self.dtype == np.float32 else np.float64)


def feature_array(column: Column, parts: list[pa.ChunkedArray]) -> tuple[npt.NDArray[Any], int]:
    """The values as [rows, *shape], and how many rows had a value missing.

    Args:
        column: What the values shall be.
        parts: One column of numbers, lists, or text with blanks between the numbers; or ``column.width``
            columns of one number each.

    Raises:
        DataError: Values are missing (unless read as 0), infinite, no numbers, or rows have another length.
    """
    if len(parts) == 1 and not _is_number(parts[0].type):
        flat = _flatten(column, parts[0].combine_chunks())
    else:
        flat = np.stack([_numbers(column, part.combine_chunks()) for part in parts], axis=1)
    missing = np.flatnonzero(np.isnan(flat).any(axis=1))
    if len(missing) and not column.zero_missing:
        raise DataError(
            f"{column.origin}: {_count(missing)} a value missing or NaN: {_named(column, missing)}",
            hint="fill them, or set source.missing=zero",
        )
    infinite = np.flatnonzero(np.isinf(flat).any(axis=1))
    if len(infinite):
        raise DataError(f"{column.origin}: {_count(infinite)} an infinite value: {_named(column, infinite)}")
    flat[np.isnan(flat)] = 0
    _require_range(column, flat)
    return flat.astype(column.dtype, copy=False).reshape(-1, *column.shape), len(missing)


def vocabulary_ids(values: npt.NDArray[Any], column: Column) -> tuple[npt.NDArray[np.int32], int]:
    """The values as int32 ids of a vocabulary, in which 0 stands for nothing, and its size.

    Raises:
        DataError: A value is negative, or so large that a table of embeddings would not fit into memory.
    """
    flat = values.reshape(len(values), -1)
    wrong = np.flatnonzero(((flat < 0) | (flat >= MAX_VOCABULARY)).any(axis=1))
    if len(wrong):
        raise DataError(
            f"{column.origin}: ids must lie in 0 to {MAX_VOCABULARY - 1}; {_count(wrong)} another: "
            f"{_named(column, wrong)}",
            hint="number the things from 1, or declare amounts as DT_FLOAT in the schema",
        )
    return values.astype(np.int32), int(values.max(initial=0)) + 1


def _flatten(column: Column, values: pa.Array) -> npt.NDArray[Any]:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(values))
    if not _is_list(values.type):
        raise DataError(f"{column.origin}: expected numbers, got {values.type}")
    if pa.types.is_fixed_size_list(values.type):
        values = values.cast(pa.large_list(values.type.value_type))
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    absent = values.is_null().to_numpy(zero_copy_only=False)
    ragged = np.flatnonzero((lengths != column.width) & ~absent)
    if len(ragged):
        raise DataError(
            f"{column.origin}: expected {column.width} numbers a row, {len(ragged)} rows have another count: "
            + first_few(f"{column.ids[int(row)]} has {lengths[row]}" for row in ragged)
        )
    flat = np.full((len(values), column.width), np.nan, column.working_dtype)
    flat[~absent] = _numbers(column, values.flatten()).reshape(-1, column.width)
    return flat


def _numbers(column: Column, values: pa.Array) -> npt.NDArray[Any]:
    """Null becomes NaN."""
    try:
        numbers = pc.cast(values, pa.from_numpy_dtype(column.working_dtype), safe=column.dtype.kind == "i")
        return np.asarray(numbers.to_numpy(zero_copy_only=False))
    except pa.ArrowException as error:
        raise DataError(f"{column.origin}: {error}") from error


def _require_range(column: Column, values: npt.NDArray[Any]) -> None:
    if column.dtype.kind != "i":
        return
    limits = np.iinfo(column.dtype)
    wrong = np.flatnonzero(((values < limits.min) | (values > limits.max) | (values % 1 != 0)).any(axis=1))
    if len(wrong):
        what = f"{_count(wrong)} a value that is no {column.dtype.name}"
        raise DataError(f"{column.origin}: {what}: {_named(column, wrong)}")


def _count(rows: npt.NDArray[np.intp]) -> str:
    return f"{len(rows)} nodes have" if len(rows) > 1 else "1 node has"


def _named(column: Column, rows: npt.NDArray[np.intp]) -> str:
    return first_few(column.ids.take(rows))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
