"""Tests of components/graph_ingest/tables.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components.graph_ingest.tables import Graph, NodeSet, NodeTask, edge_set
from noria.errors import DataError


def test_what_is_saved_is_loaded_memory_mapped(tmp_path: Path) -> None:
    graph = Graph(
        {"a": NodeSet(3, {"x": np.eye(3, dtype=np.float32)}, pa.array(["i", "j", "k"])), "b": NodeSet(2, {})},
        {"e": edge_set("a", "b", (np.array([0, 2, 2]), np.array([1, 0, 1])), (3, 2))},
        NodeTask("a", ("no", "yes"), np.array([0, 1, -1]), np.array([0, 2, -1]), np.array([5, 6, 7])),
        "digest",
        {"note": [1]},
    )
    graph.save(tmp_path)
    loaded = Graph.load(tmp_path)
    assert isinstance(loaded.node_sets["a"].features["x"], np.memmap)
    np.testing.assert_array_equal(loaded.node_sets["a"].features["x"], np.eye(3))
    ids = loaded.node_sets["a"].ids
    assert ids is not None
    assert ids.to_pylist() == ["i", "j", "k"]
    assert loaded.node_sets["b"] == NodeSet(2, {}, None)
    assert loaded.edge_sets["e"].out.row(2).tolist() == [0, 1]
    assert loaded.edge_sets["e"].into.row(1).tolist() == [0, 2]
    assert loaded.task.nodes("test").tolist() == [1]
    assert loaded.task.classes == ("no", "yes")
    assert (loaded.source_digest, loaded.notes) == ("digest", {"note": [1]})


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no graph\.json"):
        Graph.load(tmp_path)


def test_edge_sets_and_features_may_be_empty(tmp_path: Path) -> None:
    none = np.zeros(0, int)
    graph = Graph(
        {"a": NodeSet(1, {}), "b": NodeSet(0, {"x": np.zeros((0, 3), np.float32)})},
        {"e": edge_set("a", "b", (none, none), (1, 0))},
        NodeTask("a", ("no", "yes"), np.zeros(1, int), np.zeros(1, int), np.zeros(1, int)),
    )
    graph.save(tmp_path)
    loaded = Graph.load(tmp_path)
    assert loaded.edge_sets["e"].size == 0
    assert loaded.edge_sets["e"].out.row(0).tolist() == []
    assert loaded.node_sets["b"].features["x"].shape == (0, 3)
