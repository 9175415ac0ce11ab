"""Grouping of events, exact sums, and what is refused."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.temporal_features import event_sets
from components.temporal_features.event_sets import group_events, round_values, to_table
from noria.errors import DataError, NoriaError
from tests.components.temporal_features.events import DAY, FIRST, Event, event_lists, table


@given(event_lists(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_events_are_grouped_by_series_in_order_of_time(events: list[Event], shuffle: object) -> None:
    given_table = table(events)
    if shuffle.random() < 0.5:
        order = list(range(len(events)))
        shuffle.shuffle(order)
        given_table = given_table.take(order)
    expected: dict[tuple[bytes, ...], list[tuple[float, float]]] = defaultdict(list)
    for row in sorted(given_table.to_pylist(), key=lambda row: row["timestamp"]):
        time = np.datetime64(row["timestamp"], "us").astype(np.int64) / 1e6
        expected[row["shop"].encode(), row["good"].encode()].append((time, row["amount"]))
    grouped = group_events(given_table, ["shop", "good"], ["amount"], 20)
    assert grouped.keys == sorted(expected)
    for number, key in enumerate(grouped.keys):
        rows = grouped.rows_of(number)
        times, amounts = zip(*expected[key], strict=True)
        np.testing.assert_array_equal(grouped.seconds[rows], times)
        np.testing.assert_array_equal(grouped.columns["amount"][rows], amounts)


def test_without_index_all_events_are_one_series() -> None:
    events = table([(FIRST, "east", "tea", 1.0), (FIRST + 1, "west", "ink", 2.0)])
    grouped = group_events(events, [], ["amount"], 20)
    assert grouped.keys == [()]
    assert grouped.columns["amount"].tolist() == [1.0, 2.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.randoms(use_true_random=False))
def test_sums_are_exact_in_any_order(values: list[float], shuffle: object) -> None:
    try:
        rounded = round_values(np.array(values), 20, "amount")
    except DataError:
        return
    np.testing.assert_allclose(rounded, values, atol=2.0**-21, rtol=0)
    numbers = rounded.tolist()
    total = sum(numbers)
    shuffle.shuffle(numbers)
    assert sum(numbers) == total
    for number in numbers:
        total -= number
    assert total == 0


@pytest.mark.parametrize(("value", "places"), [(1e-7, 20), (0.3, 0)])
def test_rounding_that_loses_the_values_is_told(value: float, places: int) -> None:
    with pytest.raises(DataError, match=rf"amount: rounding to multiples of 2\*\*-{places} loses"):
        round_values(np.array([value, 2 * value]), places, "amount")


def test_a_few_tiny_values_are_rounded_away() -> None:
    assert round_values(np.array([1.8e-15, 5.0, np.nan]), 20, "amount")[:2].tolist() == [0.0, 5.0]


def test_infinite_values_are_told() -> None:
    with pytest.raises(DataError, match="infinite"):
        round_values(np.array([1.0, np.inf]), 20, "amount")


def test_what_is_no_table_of_events_is_told() -> None:
    events = table([(FIRST, "east", "tea", 1.0)])
    with pytest.raises(DataError, match="no column town; they have timestamp, shop"):
        group_events(events, ["town"], ["amount"], 20)
    with pytest.raises(DataError, match="there are no events"):
        group_events(events.slice(0, 0), ["shop"], ["amount"], 20)
    with pytest.raises(DataError, match="events without shop"):
        group_events(events.set_column(1, "shop", pa.nulls(1, pa.string())), ["shop"], ["amount"], 20)


def test_a_numpy_that_temporian_is_silent_with_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_sets.np, "__version__", "2.1.0")
    with pytest.raises(NoriaError, match=r"numpy is 2\.1\.0"):
        event_sets.check_numpy()


def test_rows_are_sorted_by_time_then_series() -> None:
    seconds = np.array([0.0, DAY / 1e6])
    data = {(b"b",): (seconds, [np.array([1.0, np.inf])]), (b"a",): (seconds, [np.array([3.0, 4.0])])}
    rows = to_table(["shop"], ["x"], data, np.float32)
    assert rows["shop"].to_pylist() == ["a", "b", "a", "b"]
    np.testing.assert_array_equal(rows["x"].to_numpy(), [3, 1, 4, np.nan])
    assert rows.schema.field("x").type == pa.float32()
    with pytest.raises(DataError, match="no row was computed"):
        to_table(["shop"], ["x"], {(b"a",): (seconds[:0], [seconds[:0]])}, np.float32)
