"""Tests of components/event_ingest/numbers.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from components.event_ingest.numbers import read_numbers, read_text


def test_text() -> None:
    numbers = read_numbers(
        pa.array(["1", " 2.5 ", "-1e3", "+.5", "5.", None, " ", "one", "1,5", "inf", "1e999"])
    )
    assert numbers.values.to_pylist() == [1, 2.5, -1000, 0.5, 5, None, None, None, None, None, None]
    assert numbers.missing.tolist() == [False] * 5 + [True] * 2 + [False] * 4
    assert numbers.unparsable.tolist() == [False] * 7 + [True] * 4


def test_a_good_column_takes_the_short_way_with_the_same_result() -> None:
    good = ["1", "2.5", "-1e3", "+.5", "5."]
    assert read_numbers(pa.array(good)).values.equals(read_numbers(pa.array([*good, "x"])).values[:5])
    numbers = read_numbers(pa.array(["nan", "Infinity", "-0.0"]))
    assert numbers.missing.tolist() == [True, False, False]
    assert numbers.unparsable.tolist() == [False, True, False]
    assert str(numbers.values[2].as_py()) == "0.0"


def test_decimal_comma() -> None:
    numbers = read_numbers(pa.array(["1,5", "2", "1.000,5"]), ",")
    assert numbers.values.to_pylist() == [1.5, 2, None]
    assert numbers.unparsable.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None], pa.int64()), [1, None]),
        (pa.array([1.5, float("nan")]), [1.5, None]),
        (pa.array([True, False]), [1, 0]),
        (pa.array([Decimal("1.25"), None]), [1.25, None]),
        (pa.array([b"x", None]), [None, None]),
    ],
)
def test_typed_columns(column: pa.Array, expected: list[Any]) -> None:
    numbers = read_numbers(column)
    assert numbers.values.to_pylist() == expected
    assert numbers.values.type == pa.float64()
    assert (numbers.missing | numbers.unparsable).tolist() == [value is None for value in expected]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["007", "", None, " a "]), ["007", None, None, " a "]),
        (pa.array([7, None]), ["7", None]),
        (pa.array([17850.0, float("nan"), None]), ["17850", None, None]),
        (pa.array([True]), ["true"]),
    ],
)
def test_index_text(column: pa.Array, expected: list[str | None]) -> None:
    text, missing = read_text(column)
    assert text.to_pylist() == expected
    assert missing.tolist() == [value is None for value in expected]
