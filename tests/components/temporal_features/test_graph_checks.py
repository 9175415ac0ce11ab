"""What looks into the future is refused by name, and so is what events do not have."""

from __future__ import annotations

from typing import Any

import pytest

from components.temporal_features.compile_graph import label_graph
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.graph_checks import horizons
from noria.errors import ConfigError
from tests.components.temporal_features.events import EVERY_OPERATION, config

LEADS: list[dict[str, Any]] = [
    {"peek": {"op": "lead", "of": "amount", "by": "1d"}},
    {"peek": {"op": "lead", "of": "level", "by": "1d"}},
    {
        "peek": {"op": "lead", "of": "level", "by": "1d", "hidden": True},
        "innocent": {"op": "ratio", "of": "peek", "by": "level"},
    },
]


@pytest.mark.parametrize("leads", LEADS, ids=["of a column", "of a feature", "hidden in another"])
def test_a_feature_that_looks_into_the_future_is_named(leads: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="look into the future") as caught:
        FeatureGraph.compile(config({**EVERY_OPERATION, **leads}), ["shop", "good"], ["amount"])
    named = caught.value.message.partition(":")[2]
    assert sorted(part.strip() for part in named.split(",")) == sorted(leads)


def test_the_label_looks_its_horizon_ahead() -> None:
    graph = label_graph(config(horizon="3d"), ["shop"])
    assert horizons(graph.outputs["label"]) == {3 * 86_400}
    assert horizons(graph.outputs["periods"]) == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": {"level": {"op": "moving_sum", "of": "amont", "window": "4d"}}}, "features.level.of"),
        ({"label": {"of": "amont"}}, "label.of is 'amont'"),
        (
            {"features": {"level": {"op": "moving_count", "window": "4d", "across": ["town"]}}},
            "level.across names town",
        ),
        (
            {"features": {"shop": {"op": "moving_count", "window": "4d"}}, "scale": "shop"},
            "called like columns",
        ),
    ],
)
def test_columns_that_events_do_not_have_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FeatureGraph.compile(config(**changes), ["shop", "good"], ["amount"])
