"""Tests of components/graph_ingest/feature_columns.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.graph_ingest.feature_columns import MAX_VOCABULARY, Column, feature_array, vocabulary_ids
from noria.errors import DataError

_IDS = pa.array(["n1", "n2", "n3"])


def _column(shape: tuple[int, ...] = (), dtype: type = np.float32, zero_missing: bool = False) -> Column:
    return Column("f.csv: feature 'x'", _IDS, np.dtype(dtype), shape, zero_missing)


def _parts(*columns: Any) -> list[pa.ChunkedArray]:
    return [pa.chunked_array([pa.array(column)]) for column in columns]


@pytest.mark.parametrize(
    "parts",
    [
        _parts([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        _parts(pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int64(), 2))),
        _parts(["1 2", " 3.0  4", "5 6"]),
        _parts([1, 3, 5], [2, 4, 6]),
    ],
    ids=["list", "fixed-size list", "text", "two columns"],
)
def test_every_way_to_write_a_vector_gives_the_same(parts: list[pa.ChunkedArray]) -> None:
    values, missing = feature_array(_column((2,)), parts)
    np.testing.assert_array_equal(values, np.array([[1, 2], [3, 4], [5, 6]], np.float32))
    assert values.dtype == np.float32
    assert missing == 0


def test_a_number_has_no_extra_dimension_and_a_matrix_keeps_its_shape() -> None:
    assert feature_array(_column(), _parts([1.0, 2.0, 3.0]))[0].shape == (3,)
    assert feature_array(_column((2, 2)), _parts([[1, 2, 3, 4]] * 3))[0].shape == (3, 2, 2)


def test_integers_stay_exact() -> None:
    values, _ = feature_array(_column(dtype=np.int64), _parts([2**50 + 1, 0, -5]))
    assert values.tolist() == [2**50 + 1, 0, -5]


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_missing_values_are_refused_by_node(gap: float | None) -> None:
    with pytest.raises(DataError, match=r"feature 'x': 2 nodes have a value missing or NaN: n1, n3"):
        feature_array(_column(), _parts([gap, 1.0, gap]))


def test_missing_values_are_read_as_zero_and_counted_where_asked_for() -> None:
    values, missing = feature_array(_column(zero_missing=True), _parts([None, 1.0, float("nan")]))
    assert values.tolist() == [0, 1, 0]
    assert missing == 2
    vectors, missing = feature_array(
        _column((2,), zero_missing=True), _parts([[1.0, None], None, [3.0, 4.0]])
    )
    assert vectors.tolist() == [[1, 0], [0, 0], [3, 4]]
    assert missing == 2


@pytest.mark.parametrize("zero_missing", [False, True])
def test_infinite_values_are_always_refused(zero_missing: bool) -> None:
    with pytest.raises(DataError, match="1 node has an infinite value: n2"):
        feature_array(_column(zero_missing=zero_missing), _parts([1.0, float("-inf"), 2.0]))
    with pytest.raises(DataError, match="1 node has an infinite value: n2"):
        feature_array(_column(), _parts([1.0, 1e300, 2.0]))


def test_ragged_vectors_are_refused_with_their_lengths() -> None:
    with pytest.raises(
        DataError, match="expected 2 numbers a row, 2 rows have another count: n2 has 1, n3 has 3"
    ):
        feature_array(_column((2,)), _parts([[1, 2], [1], [1, 2, 3]]))


def test_text_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match=r"feature 'x': .*two"):
        feature_array(_column((2,)), _parts(["1 2", "1 two", "3 4"]))


@pytest.mark.parametrize("value", [2**31, 1.5])
def test_numbers_that_do_not_fit_the_schema_are_refused(value: float) -> None:
    with pytest.raises(DataError, match="1 node has a value that is no int32: n2"):
        feature_array(_column(dtype=np.int32), _parts([1.0, value, 2.0]))


def test_ids_become_int32_with_the_size_of_their_vocabulary() -> None:
    ids, size = vocabulary_ids(np.array([3, 0, 5]), _column(dtype=np.int64))
    assert ids.dtype == np.int32
    assert ids.tolist() == [3, 0, 5]
    assert size == 6


@pytest.mark.parametrize("value", [-1, MAX_VOCABULARY])
def test_ids_that_are_amounts_are_refused(value: int) -> None:
    with pytest.raises(DataError, match="1 node has another: n2") as caught:
        vocabulary_ids(np.array([0, value, 1]), _column(dtype=np.int64))
    assert "DT_FLOAT" in caught.value.hint
