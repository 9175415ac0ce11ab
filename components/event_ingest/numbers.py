"""Columns of any type as numbers or as text; what is missing and what does not fit is told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes:
        values: float64, null where a value is missing or no finite number.
        missing: Rows without a value; NaN counts as none.
        unparsable: Rows whose value is no finite number.
    """

    values: pa.Array
    missing: Mask
    unparsable: Mask


def read_numbers(column: pa.Array, decimal: Literal[".", ","] = ".") -> Numbers:
    """Reads numbers out of numbers, booleans, decimals or text.

    Args:
        column: [rows] of any type that is not nested; of another one no value is a number.
        decimal: The decimal sign of text.
    """
    if pa.types.is_string(column.type):
        column = blank_to_null(column)
        values = _parse(pc.replace_substring(column, ",", ".") if decimal == "," else column)
    else:
        values = _cast(column)
    # NaN is how NumPy and pandas write "none".
    missing = mask(pc.or_(column.is_null(), pc.fill_null(pc.is_nan(values), False)))
    finite = mask(pc.fill_null(pc.is_finite(values), False))
    # Adding 0 turns -0.0 into 0.0, which sorts as its equal and is written differently.
    values = pc.add(pc.if_else(pa.array(finite), values, None), 0.0)
    return Numbers(values, missing, ~finite & ~missing)


def read_text(column: pa.Array) -> tuple[pa.Array, Mask]:
    """A column as text, the same for a CSV's cells and for typed values, and which rows have none.

    Whole numbers that are stored as floating point, as pandas does where some are missing, lose their ``.0``.
    """
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    text = column if pa.types.is_string(column.type) else column.cast(pa.string())
    text = pc.if_else(pc.equal(text, ""), None, text)
    return text, mask(text.is_null())


def blank_to_null(text: pa.Array) -> pa.Array:
    """Text without blanks around it; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def mask(booleans: pa.Array) -> Mask:
    """An Arrow array without nulls as one of NumPy that can be written to."""
    return np.array(booleans.to_numpy(zero_copy_only=False), dtype=bool)


def _parse(text: pa.Array) -> pa.Array:
    try:
        values = text.cast(pa.float64())
        if not pc.any(pc.is_nan(values)).as_py():
            return values
    except pa.ArrowInvalid:
        pass
    # Text by text, so that what one of them is read as does not hang on the others.
    values = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, None).cast(pa.float64())
    return pc.if_else(pc.equal(pc.ascii_lower(text), "nan"), float("nan"), values)


def _cast(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(column), pa.float64())
