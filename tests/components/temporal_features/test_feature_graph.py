"""A graph that was saved gives the same numbers, and nothing that comes later changes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.temporal_features.build_table import build_table
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.memory_engine import MemoryEngine
from noria.errors import ConfigError, DataError
from tests.components.temporal_features.events import (
    DAY,
    EVERY_OPERATION,
    FIRST,
    Event,
    config,
    event_lists,
    table,
)

GRAPH = FeatureGraph.compile(config(), ["shop", "good"], ["amount"])


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether tables are equal bit for bit, NaN included."""
    return one.schema == other.schema and one.to_pandas().equals(other.to_pandas())


@given(event_lists())
@settings(max_examples=15, deadline=None)
def test_a_saved_graph_gives_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    folder = tmp_path_factory.mktemp("graph")
    GRAPH.save(folder)
    loaded = FeatureGraph.load(folder)
    assert loaded.facts == GRAPH.facts
    assert same(loaded.compute(table(events)), GRAPH.compute(table(events)))


@given(event_lists(), event_lists(), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_later_events_change_nothing_before(events: list[Event], later: list[Event], day: int) -> None:
    tick = FIRST + day * DAY
    past = [event for event in events if event[0] <= tick]
    # Other events after the tick; of series that there are already, for every series has rows.
    known = {event[1:3] for event in past}
    changed = past + [event for event in later if event[0] > tick and event[1:3] in known]
    times = np.array([tick], "datetime64[us]")
    assert same(GRAPH.compute(table(past), times), GRAPH.compute(table(changed), times))


# Everything that sums exactly; a deviation is exact up to rounding only.
EXACT = {name: op for name, op in EVERY_OPERATION.items() if "deviation" not in name}
EXACT_GRAPH = FeatureGraph.compile(config(EXACT), ["shop", "good"], ["amount"])
SCALE = {"scale": {"op": "moving_count", "window": "30d", "across": []}}
LABEL_GRAPH = FeatureGraph.compile(config(SCALE, scale="scale"), ["shop", "good"], ["amount"])


@given(event_lists(days=20), event_lists(days=10))
@settings(max_examples=40, deadline=None)
def test_events_older_than_every_window_change_nothing(events: list[Event], older: list[Event]) -> None:
    cut = FIRST + 10 * DAY
    recent = [event for event in events if event[0] > cut] + [(cut + 1, "east", "tea", 1.0)]
    known = {event[1:3] for event in recent}
    before = [event for event in older if event[0] <= cut and event[1:3] in known]
    tick = np.array([FIRST + 20 * DAY], "datetime64[us]")
    one, other = EXACT_GRAPH.compute(table(recent), tick), EXACT_GRAPH.compute(table(before + recent), tick)
    # These two look back without a limit.
    assert same(one.drop_columns(["last", "since"]), other.drop_columns(["last", "since"]))


@given(event_lists(), event_lists(), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_the_label_depends_on_its_horizon_only(events: list[Event], other: list[Event], day: int) -> None:
    start, end = FIRST + day * DAY, FIRST + (day + 2) * DAY
    inside = [event for event in events if start < event[0] <= end]
    outside = [event for event in other if not start < event[0] <= end]
    series = {event[1:3] for event in events + other}
    ends = [(time, *key, 1.0) for key in series for time in (FIRST + 1, FIRST + 9 * DAY)]
    ends = [event for event in ends if not start < event[0] <= end]

    def labels(chosen: list[Event]) -> pa.Table:
        engine = MemoryEngine(LABEL_GRAPH.group(table(chosen)))
        rows = build_table(LABEL_GRAPH, engine).features
        at = rows.filter(pc.equal(rows["timestamp"], pa.scalar(start, pa.int64()).cast(pa.timestamp("us"))))
        return at.select(["shop", "good", "label"])

    assert same(labels(inside + ends), labels(inside + outside + ends))


def test_ticks_can_be_chosen() -> None:
    events = table([(FIRST + day * DAY + 5, "east", "tea", float(day)) for day in range(6)])
    ticks = np.array([FIRST + 3 * DAY, FIRST + 5 * DAY], "datetime64[us]")
    rows = GRAPH.compute(events, ticks)
    assert rows["timestamp"].to_numpy().tolist() == ticks.tolist()
    assert rows["sum_2d"].to_pylist() == [3.0, 7.0]
    with pytest.raises(ConfigError, match="no ticks of the graph on these events: 2024-02-29T00:00:01"):
        GRAPH.compute(events, ticks + np.timedelta64(1, "s"))


def test_too_few_events_are_told() -> None:
    graph = FeatureGraph.compile(config(history="5d"), ["shop", "good"], ["amount"])
    with pytest.raises(DataError, match="no tick has its history"):
        graph.compute(table([(FIRST + 5, "east", "tea", 1.0)]))


def test_a_folder_without_graph_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no features\.tem, label\.tem, graph\.json"):
        FeatureGraph.load(tmp_path)
