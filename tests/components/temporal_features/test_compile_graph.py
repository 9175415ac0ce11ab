"""Every operation against its definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.temporal_features.build_table import build_table
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.memory_engine import MemoryEngine
from tests.components.temporal_features.events import (
    DAY,
    EVERY_OPERATION,
    FIRST,
    Event,
    Oracle,
    config,
    event_lists,
    table,
)

GRAPH = FeatureGraph.compile(config(), ["shop", "good"], ["amount", "unused"])


@given(event_lists())
@settings(max_examples=60, deadline=None)
def test_every_operation_does_what_it_says(events: list[Event]) -> None:
    oracle = Oracle(events, GRAPH.config)
    computed = GRAPH.compute(table(events))
    rows = computed.to_pylist()
    days = (FIRST + 9 * DAY - oracle.start) // DAY
    assert len(rows) == days * len({event[1:3] for event in events})
    for row, time in zip(rows, computed["timestamp"].to_numpy().astype(np.int64), strict=True):
        for name in EVERY_OPERATION:
            expected = oracle.value(name, row["shop"], row["good"], int(time))
            np.testing.assert_allclose(
                row[name], expected, rtol=1e-6, atol=1e-5, err_msg=f"{name} of {row['shop']} at {time}"
            )


@given(event_lists(), st.sampled_from(["sum", "mean"]))
@settings(max_examples=40, deadline=None)
def test_the_label_is_what_comes_in_the_horizon(events: list[Event], op: str) -> None:
    # A scale that is positive in every row, so that none is dropped.
    positive = {"scale": {"op": "moving_count", "window": "30d", "across": []}}
    settings = config(positive, scale="scale", label={"op": op, "of": "amount"})
    graph = FeatureGraph.compile(settings, ["shop", "good"], ["amount"])
    oracle = Oracle(events, settings)
    features = build_table(graph, MemoryEngine(graph.group(table(events)))).features
    times = features["timestamp"].to_numpy().astype(np.int64)
    expected = [
        oracle.label(row["shop"], row["good"], int(time))
        for row, time in zip(features.to_pylist(), times, strict=True)
    ]
    np.testing.assert_allclose(features["label"].to_numpy(), expected, rtol=1e-12, atol=1e-9)
