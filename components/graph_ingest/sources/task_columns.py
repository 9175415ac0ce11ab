"""The columns that state the task: label, group and split."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.graph_ingest.csr import IntArray
from components.graph_ingest.tables import SPLITS
from noria.errors import DataError, first_few


def label_values(values: pa.Array, origin: str) -> pa.Array:
    """Text or int64; what is empty is null.

    Raises:
        DataError: The column holds something else, e.g. fractions.
    """
    if pa.types.is_floating(values.type):
        # A whole-number column with gaps is often written as 3.0.
        values = pc.if_else(pc.is_nan(values), None, values)
        try:
            return pc.cast(values, pa.int64())
        except pa.ArrowException as error:
            raise DataError(f"{origin}: labels must be text or whole numbers: {error}") from error
    if pa.types.is_integer(values.type):
        return values.cast(pa.int64())
    if pa.types.is_boolean(values.type) or pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise DataError(f"{origin}: labels must be text or whole numbers, got {values.type}")
    return pc.if_else(pc.equal(values, ""), None, values)


def group_numbers(values: pa.Array) -> IntArray:
    """int32 [nodes]: equal values share a number; a node without a value is a group of its own."""
    codes = values.dictionary_encode()
    numbers: IntArray = pc.fill_null(codes.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    alone = np.flatnonzero(numbers < 0)
    numbers[alone] = len(codes.dictionary) + np.arange(len(alone), dtype=np.int32)
    return numbers


def split_numbers(values: pa.Array, origin: str) -> IntArray:
    """int8 [nodes]: an index into SPLITS, -1 where the column is empty.

    Raises:
        DataError: The column holds another word.
    """
    text = values.cast(pa.string())
    text = pc.if_else(pc.equal(text, ""), None, text)
    numbers = pc.index_in(text, value_set=pa.array(SPLITS), skip_nulls=True)
    unknown = text.filter(pc.and_(numbers.is_null(), text.is_valid()))
    if len(unknown):
        raise DataError(
            f"{origin}: {len(unknown)} values of the split column are none of {', '.join(SPLITS)}: "
            f"{first_few(pc.unique(unknown))}"
        )
    parts: IntArray = pc.fill_null(numbers, -1).to_numpy(zero_copy_only=False).astype(np.int8)
    return parts
