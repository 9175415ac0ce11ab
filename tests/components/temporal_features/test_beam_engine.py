"""Temporian on Beam gives what it gives in memory."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from components.temporal_features.beam_engine import BeamEngine
from components.temporal_features.build_table import BuiltTable, build_table
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.memory_engine import MemoryEngine
from noria.errors import ConfigError, DataError, NoriaError
from tests.components.temporal_features.events import DAY, FIRST, Event, config, event_lists, table

# What is divided by 0 is missing, as documented.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide")

# Enough to meet every operator once.
SOME = {
    "level": {"op": "moving_count", "window": "4d", "across": []},
    "sum": {"op": "moving_sum", "of": "amount", "window": "2d", "lag": "1d"},
    "log_sum": {"op": "log", "of": "sum"},
    "deviation": {"op": "moving_std", "of": "amount", "window": "31h", "relative_to": "level"},
    "highest": {"op": "moving_max", "of": "sum", "window": "4d", "every": "2d", "lag": "1d"},
    "shop_lowest": {"op": "moving_min", "of": "amount", "window": "2d", "across": ["shop"]},
    "last": {"op": "lag", "of": "amount", "by": "5h"},
    "since": {"op": "since_last"},
    "weekday": {"op": "calendar", "part": "day_of_week"},
}
LOCAL = "--runner=BundleBasedDirectRunner"
GRAPH = FeatureGraph.compile(config(SOME, min_active=2), ["shop", "good"], ["amount"])


def built_with_beam(events: pa.Table, path: Path, *arguments: str) -> BuiltTable:
    # Several row groups, which come back in any order.
    pq.write_table(events, path, row_group_size=7)
    return build_table(GRAPH, BeamEngine(path, GRAPH.facts, arguments))


def assert_equal(one: pa.Table, other: pa.Table) -> None:
    assert one.schema == other.schema
    assert one.num_rows == other.num_rows
    for name in one.column_names:
        if pa.types.is_floating(one[name].type):
            np.testing.assert_allclose(
                one[name].to_numpy(), other[name].to_numpy(), rtol=1e-6, atol=1e-6, err_msg=name
            )
        else:
            assert one[name].to_pylist() == other[name].to_pylist()


def some_events() -> list[Event]:
    generator = np.random.default_rng(4)
    times = np.sort(generator.integers(1, 9 * DAY, 60))
    names = [("east", "tea"), ("east", "ink"), ("west", "tea")]
    events = [
        (int(FIRST + time), *names[generator.integers(3)], float(generator.integers(-4, 90)) / 4)
        for time in times
    ]
    # At one moment twice, one without an amount, and a series that is too rare.
    return [*events, (*events[-1][:3], 7.25), (*events[-2][:3], math.nan), (FIRST + 5, "west", "ink", 1.0)]


@pytest.mark.slow
def test_the_same_as_in_memory(tmp_path: Path) -> None:
    events = table(some_events())
    memory = build_table(GRAPH, MemoryEngine(GRAPH.group(events)))
    beam = built_with_beam(events, tmp_path / "events.parquet", LOCAL, f"--temp_location={tmp_path}")
    assert memory.counts == beam.counts
    assert memory.counts["series_too_rare"] == 1
    assert_equal(memory.features, beam.features)
    assert_equal(memory.periods, beam.periods)
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]


@pytest.mark.slow
@given(event_lists())
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_as_in_memory_for_any_events(tmp_path: Path, events: list[Event]) -> None:
    memory = build_table(GRAPH, MemoryEngine(GRAPH.group(table(events))))
    beam = built_with_beam(table(events), tmp_path / "events.parquet")
    assert_equal(memory.features, beam.features)


def test_an_unknown_runner_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NoSuchRunner"):
        BeamEngine(tmp_path / "events.parquet", GRAPH.facts, ["--runner=NoSuchRunner"])


def test_no_events_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no events"):
        built_with_beam(table(some_events()).slice(0, 0), tmp_path / "events.parquet")


@pytest.mark.slow
def test_what_fails_on_a_worker_is_told(tmp_path: Path) -> None:
    events = table(some_events()).set_column(2, "good", pa.nulls(63, pa.string()))
    with pytest.raises(NoriaError, match="events without good"):
        built_with_beam(events, tmp_path / "events.parquet")
