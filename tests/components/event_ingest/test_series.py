"""Tests of components/event_ingest/series.py and daily_counts.py."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from components.event_ingest.daily_counts import count_events
from components.event_ingest.event_table import EventTable
from components.event_ingest.series import COUNT, SeriesCounter, in_series, series_keys


def test_counts_do_not_hang_on_the_pieces() -> None:
    table = pa.table({"shop": list("abacab") * 40, "kind": list("xxyxyx") * 40})
    whole, pieces = SeriesCounter(["shop", "kind"]), SeriesCounter(["shop", "kind"])
    whole.add(table)
    for start in range(0, len(table), 3):
        pieces.add(table.slice(start, 3))
    expected = [("b", "x", 80), ("a", "x", 40), ("a", "y", 80), ("c", "x", 40)]
    rows = sorted(expected, key=lambda row: (-row[2], row[0], row[1]))
    assert [tuple(row.values()) for row in whole.counts().to_pylist()] == rows
    assert pieces.counts().equals(whole.counts())


def test_without_an_index_all_is_one_series() -> None:
    counter = SeriesCounter([])
    counter.add(pa.table({"sales": [1.0, 2.0]}))
    counter.add(pa.table({"sales": [1.0]}))
    assert counter.counts().to_pydict() == {COUNT: [3]}
    assert series_keys(pa.table({"sales": [1.0]}), []).to_pylist() == [""]


def test_keys_are_told_apart_whatever_they_hold() -> None:
    table = pa.table({"a": ["x", "x|1|y", "x"], "b": ["1|y", "", "1|y"]})
    keys = series_keys(table, ["a", "b"])
    assert keys[0] != keys[1]
    assert in_series(table, ["a", "b"], keys[:1]).tolist() == [True, False, True]


def test_every_day_is_counted_also_an_empty_one(make_config, ingested, tmp_path) -> None:
    config = make_config("time,shop,sales\n2020-01-01 23:59:59,a,1\n2020-01-03,b,1\n2020-01-03 10:00,b,1\n")
    ingested(config)
    counts = count_events(EventTable.load(tmp_path / "table-0"))
    assert counts.days.tolist() == [date(2020, 1, day) for day in (1, 2, 3)]
    assert counts.per_day.tolist() == [1, 0, 2]
    assert counts.series.to_pylist() == [{"shop": "b", COUNT: 2}, {"shop": "a", COUNT: 1}]
