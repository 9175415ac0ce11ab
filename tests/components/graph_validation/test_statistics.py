"""Tests of components/graph_validation/statistics.py."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.graph_ingest.csr import build_csr
from components.graph_ingest.tables import Graph, edge_set
from components.graph_validation import statistics
from components.graph_validation.statistics import (
    degree_statistics,
    edge_statistics,
    feature_statistics,
    graph_statistics,
    total_variation,
)

MakeGraph = Callable[..., Graph]


def test_sizes_and_isolated_nodes(make_graph: MakeGraph) -> None:
    found = graph_statistics(make_graph())
    assert found["node_sets"]["item"]["size"] == 6
    assert found["node_sets"]["item"]["isolated_share"] == pytest.approx(1 / 6)
    assert found["node_sets"]["owner"]["isolated_share"] == pytest.approx(1 / 2)
    assert found["edge_sets"]["likes"]["size"] == 5
    assert found["edge_sets"]["likes"]["duplicate_share"] == pytest.approx(1 / 5)
    assert found["source"] == {"kind": "tables", "path": "here"}


def test_statistics_are_json(make_graph: MakeGraph) -> None:
    found = graph_statistics(make_graph(values=((np.nan, np.inf),) * 6))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_features(make_graph: MakeGraph) -> None:
    features = graph_statistics(make_graph())["node_sets"]["item"]["features"]
    assert features["x"]["mean"] == [3.5, 0]
    assert features["x"]["std"] == pytest.approx([np.std([1, 2, 3, 4, 5, 6]), 0])
    assert (features["x"]["min"], features["x"]["max"]) == ([1, 0], [6, 0])
    assert features["x"]["missing_share"] == 0.5
    assert features["words"]["zero_share"] == pytest.approx(1 / 6)
    assert "mean" not in features["words"]


def test_non_finite_values_are_counted_and_left_out() -> None:
    values = np.array([[1, np.nan], [3, np.inf], [5, 7]], np.float32)
    found = feature_statistics(values, missing=0)
    assert found["non_finite"] == 2
    assert found["mean"] == [3, 7]
    assert found["max"] == [5, 7]


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    whole = feature_statistics(values, missing=0)
    np.testing.assert_allclose(whole["mean"], values.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(whole["std"], values.std(axis=0), rtol=1e-5)
    monkeypatch.setattr(statistics, "_CHUNK_ROWS", 7)
    in_chunks = feature_statistics(values, missing=0)
    np.testing.assert_allclose(in_chunks.pop("std"), whole.pop("std"))
    np.testing.assert_allclose(in_chunks.pop("mean"), whole.pop("mean"))
    assert in_chunks == whole


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=40))
def test_duplicate_edges_are_those_beyond_the_distinct(pairs: list[tuple[int, int]]) -> None:
    tails, heads = (np.array([pair[i] for pair in pairs], int) for i in range(2))
    found = edge_statistics(edge_set("a", "b", (tails, heads), (5, 4)))
    expected = (len(pairs) - len(set(pairs))) / len(pairs) if pairs else 0
    assert found["duplicate_share"] == pytest.approx(expected)


def test_degrees() -> None:
    rows = np.repeat(np.arange(5), [0, 1, 2, 3, 4])
    found = degree_statistics(build_csr(rows, np.zeros_like(rows), 5))
    # Bins: 0 | 1 | 2 to 3 | 4 to 7.
    assert found["histogram"] == [1, 1, 2, 1]
    assert (found["mean"], found["median"], found["max"], found["without_share"]) == (2, 2, 4, 0.2)
    assert degree_statistics(build_csr(rows[:0], rows[:0], 0))["histogram"] == []


def test_task(make_graph: MakeGraph) -> None:
    found = graph_statistics(make_graph(group=(0, 1, 2, 3, 4, 0)))["task"]
    assert found["labels"] == {"train": [2, 2], "valid": [1, 0], "test": [0, 1]}
    assert found["sibling_leak_share"] == {"valid": 0, "test": 1}
    assert found["label_distance"] == {"valid": 0.5, "test": 0.5}


def test_total_variation() -> None:
    assert total_variation([1, 1], [5, 5]) == 0
    assert total_variation([1, 0], [0, 3]) == 1
    assert total_variation([0, 0], [0, 0]) == 0
