"""Tests of components/graph_ingest/graph_schema.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.graph_schema import (
    feature_shape,
    is_text,
    numeric_dtype,
    read_schema,
    schema_text,
)
from components.graph_ingest.tables import Graph, NodeSet, NodeTask, edge_set
from noria.errors import DataError


def _graph() -> Graph:
    pair = (np.array([0, 1]), np.array([2, 0]))
    features = {"v": np.zeros((3, 4), np.float32), "ids": np.zeros(3, np.int32)}
    zeros = np.zeros(3, np.int32)
    return Graph(
        {"a": NodeSet(3, features), "b": NodeSet(1, {})},
        {"e": edge_set("a", "a", pair, (3, 3))},
        NodeTask("a", ("x", "y"), zeros, zeros, zeros),
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text(schema_text(_graph()))
    schema = read_schema(tmp_path)
    assert sorted(schema.node_sets) == ["a", "b"]
    features = schema.node_sets["a"].features
    assert {name: (numeric_dtype(f).name, feature_shape(f), is_text(f)) for name, f in features.items()} == {
        "v": ("float32", (4,), False),
        "ids": ("int32", (), False),
    }
    assert schema.node_sets["a"].metadata.cardinality == 3
    assert (schema.edge_sets["e"].source, schema.edge_sets["e"].metadata.cardinality) == ("a", 2)


def test_a_folder_without_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no schema\.pbtxt"):
        read_schema(tmp_path)


@pytest.mark.slow
def test_tensorflow_is_not_imported_and_can_be_afterwards(tmp_path: Path) -> None:
    """In a process of its own: TF-GNN reads the schema, after the same process read it without TensorFlow."""
    (tmp_path / "schema.pbtxt").write_text(schema_text(_graph()))
    program = """
import sys
from pathlib import Path
from components.graph_ingest.graph_schema import read_schema, schema_text
folder = Path(sys.argv[1])
assert "a" in read_schema(folder).node_sets
assert not [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "tensorflow_gnn")]
import tensorflow_gnn as tfgnn
schema = tfgnn.read_schema(str(folder / "schema.pbtxt"))
spec = tfgnn.create_graph_spec_from_schema_pb(schema)
assert spec.node_sets_spec["a"].features_spec["v"].shape.as_list() == [None, 4]
assert "a" in read_schema(folder).node_sets
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=300)
