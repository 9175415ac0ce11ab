"""Which rows a table has, and what is said about those that it has not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from components.temporal_features import memory_engine
from components.temporal_features.build_table import BuiltTable, build_table
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.memory_engine import MemoryEngine
from noria.errors import ConfigError, DataError
from tests.components.temporal_features.events import DAY, FIRST, Event, config, table

FEATURES: dict[str, Any] = {
    "level": {"op": "moving_sum", "of": "amount", "window": "2d"},
    "all": {"op": "moving_sum", "of": "amount", "window": "2d", "across": []},
}
# Tea every day; ink not in the middle; pens once.
EVENTS: list[Event] = [
    *[(FIRST + day * DAY + 9, "east", "tea", 1.0 + day) for day in range(8)],
    *[(FIRST + day * DAY + 7, "east", "ink", 5.0) for day in (0, 1, 6, 7)],
    (FIRST + 4 * DAY, "west", "pen", 100.0),
]


def build(events: list[Event] = EVENTS, **changes: Any) -> BuiltTable:
    graph = FeatureGraph.compile(
        config(**{"features": FEATURES, "history": "2d", "min_active": 2, **changes}),
        ["shop", "good"],
        ["amount"],
    )
    return build_table(graph, MemoryEngine(graph.group(table(events))))


def test_rows_left_out_are_counted() -> None:
    built = build()
    # Ticks on days 2 to 8; ink has sold nothing for two days on days 4, 5 and 6.
    assert built.counts == {
        "events": 13,
        "series": 3,
        "series_too_rare": 1,
        "series_kept": 2,
        "ticks": 7,
        "rows_computed": 14,
        "rows_without_scale": 3,
        "rows": 11,
        "rows_without_label": 4,
    }
    assert built.features.num_rows == 11
    assert np.isnan(built.features["label"].to_numpy()).sum() == 4
    assert (built.features["level"].to_numpy() > 0).all()
    # Events of series that are too rare count where all series do.
    row = built.features.to_pylist()[4]
    assert (row["good"], row["timestamp"].day, row["all"]) == ("tea", 1, 3.0 + 4.0 + 100.0)


def test_rare_series_can_stay() -> None:
    built = build(min_active=1)
    assert built.counts["series_kept"] == 3
    assert built.periods.num_rows == 3 * 8


def test_periods_are_dense_and_told_by_their_start() -> None:
    periods = build([*EVENTS[:8], (FIRST + 3 * DAY, "east", "tea", 0.5)]).periods
    assert periods["value"].to_pylist() == [1.0, 2.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert periods["timestamp"].to_numpy()[0] == np.datetime64(FIRST, "us")


def test_weekly_ticks_over_daily_periods() -> None:
    events = [(FIRST + day * DAY + 9, "east", "tea", 1.0) for day in range(29)]
    built = build(events, tick="7d", horizon="7d", history="7d")
    assert built.features["label"].to_pylist()[:3] == [7.0, 7.0, 7.0]
    # The last tick, at the end of the last week, has no sales in the two days before it.
    assert (built.counts["ticks"], built.counts["rows"]) == (5, 4)
    assert built.periods.num_rows == 35


def test_partial_windows_are_told() -> None:
    assert build().warnings == []
    assert "level" in build(history="1d").warnings[0]


def test_long_windows_fail_or_are_told() -> None:
    with pytest.raises(ConfigError, match="further than the data's 8d: level"):
        build(features={"level": {**FEATURES["level"], "window": "9d"}}, on_long_window="fail")
    built = build(features={"level": {**FEATURES["level"], "window": "9d"}})
    assert "level looks back 9d, further than the data's 8d" in built.warnings[0]


@pytest.mark.parametrize(
    ("events", "changes", "message"),
    [
        (EVENTS, {"min_active": 9}, "none of 3 series has events in 9 periods of 1d; the most active .* 8"),
        (EVENTS[-1:], {"history": "1d"}, "no row has a label: the events span 1d"),
        (EVENTS, {"history": "60d"}, "no tick is left"),
        (EVENTS, {"horizon": "60d"}, "no row has a label"),
        ([(*event[:3], 0.0) for event in EVENTS], {}, "has a label and a scale"),
    ],
)
def test_no_rows_are_an_error(events: list[Event], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        build(events, **changes)


def test_an_empty_result_of_temporian_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_rows(outputs: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        return {name: SimpleNamespace(data={}) for name in outputs}

    monkeypatch.setattr(memory_engine.tp, "run", no_rows)
    with pytest.raises(DataError, match="Temporian computed no row of 'label' from 13 events"):
        build()
