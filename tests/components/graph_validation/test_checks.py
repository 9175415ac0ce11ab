"""Tests of components/graph_validation/checks.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components.graph_ingest.tables import Graph
from components.graph_validation.checks import check_drift, check_limits
from components.graph_validation.config import DriftLimits, GraphLimits
from components.graph_validation.statistics import graph_statistics

MakeGraph = Callable[..., Graph]
_LOOSE = {
    "max_isolated_share": 1,
    "max_missing_share": 1,
    "max_duplicate_edge_share": 1,
    "max_label_distance": 1,
}


def _breaches(graph: Graph, **limits: Any) -> list[tuple[str, str]]:
    checks = check_limits(graph_statistics(graph), GraphLimits(**{**_LOOSE, **limits}))
    return [(check.name, check.where) for check in checks if not check.passed]


def test_loose_limits_hold(make_graph: MakeGraph) -> None:
    assert _breaches(make_graph()) == []


@pytest.mark.parametrize(
    ("limit", "kept", "breached", "where"),
    [
        ("min_nodes", 2, 3, "owner"),
        ("min_edges", 5, 6, "likes"),
        ("max_isolated_share", 0.5, 0.49, "owner"),
        ("max_missing_share", 0.5, 0.49, "item.x"),
        ("max_duplicate_edge_share", 0.2, 0.19, "likes"),
        ("min_split_nodes", 1, 2, "valid"),
        ("min_train_per_class", 2, 3, "no"),
        ("max_label_distance", 0.5, 0.49, "test"),
    ],
)
def test_a_limit_is_kept_or_breached(
    make_graph: MakeGraph, limit: str, kept: float, breached: float, where: str
) -> None:
    assert _breaches(make_graph(), **{limit: kept}) == []
    assert (limit, where) in _breaches(make_graph(), **{limit: breached})


def test_siblings_of_test_nodes_in_training(make_graph: MakeGraph) -> None:
    leaking = make_graph(group=(0, 1, 2, 3, 4, 0))
    assert _breaches(leaking) == [("max_sibling_leak_share", "test")]
    assert _breaches(leaking, max_sibling_leak_share=1) == []


def test_non_finite_features_are_always_a_breach(make_graph: MakeGraph) -> None:
    assert _breaches(make_graph(values=((np.nan, 0),) * 6)) == [("non_finite", "item.x")]


def test_a_breach_reads_well(make_graph: MakeGraph) -> None:
    checks = check_limits(graph_statistics(make_graph()), GraphLimits(min_nodes=3))
    assert "min_nodes of owner: got 2, limit 3" in [str(check) for check in checks if not check.passed]


def _drift(now: Graph, then: Graph, **limits: float | None) -> dict[tuple[str, str], tuple[float, bool]]:
    checks = check_drift(graph_statistics(now), graph_statistics(then), DriftLimits(**limits))
    return {(check.name, check.where): (check.got, check.passed) for check in checks}


def test_the_same_graph_has_not_drifted(make_graph: MakeGraph) -> None:
    found = _drift(make_graph(), make_graph())
    assert set(found.values()) == {(0.0, True)}
    assert {name for name, _ in found} == {
        "drift.max_node_change",
        "drift.max_edge_change",
        "drift.max_label_distance",
        "drift.max_feature_shift",
    }


def test_drift_of_edges_labels_and_features(make_graph: MakeGraph) -> None:
    changed = make_graph(
        likes=((0, 1), (1, 2)),
        labels=(0, 0, 0, 1, 0, 1),
        values=((10, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)),
    )
    found = _drift(changed, make_graph())
    assert found["drift.max_edge_change", "likes"] == (0.6, False)
    assert found["drift.max_label_distance", "item"] == (pytest.approx(1 / 6), False)
    shift = (30 / 6 - 3.5) / np.std([1, 2, 3, 4, 5, 6])
    assert found["drift.max_feature_shift", "item.x"] == (pytest.approx(shift), False)


def test_a_check_can_be_switched_off(make_graph: MakeGraph) -> None:
    found = _drift(make_graph(), make_graph(), max_feature_shift=None, max_node_change=None)
    assert {name for name, _ in found} == {"drift.max_edge_change", "drift.max_label_distance"}


def test_what_is_not_in_both_is_not_compared(make_graph: MakeGraph) -> None:
    wider = make_graph(values=((1, 0, 0),) * 6)
    assert not any(where == "item.x" for _, where in _drift(wider, make_graph()))
