"""Tests of components/graph_ingest/node_task.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.graph_ingest.config import SplitConfig, TaskConfig
from components.graph_ingest.node_task import encode_labels, node_task
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.tables import NodeTask
from noria.errors import DataError


def _task(labels: Sequence[Any], split: Sequence[int] | None, min_count: int = 1, **task: Any) -> NodeTask:
    graph = SourceGraph(
        node_sets={},
        edge_sets={},
        node_set="paper",
        labels=pa.array(labels),
        group=np.arange(len(labels)),
        split=None if split is None else np.array(split, np.int8),
        origin="papers.csv",
    )
    return node_task(graph, TaskConfig(**task), SplitConfig(), min_count)


def test_classes_ascend_and_rare_ones_lose_their_label() -> None:
    labels, classes = encode_labels(pa.array(["b", "a", None, "b", "c", "a"]), 2)
    assert classes == ("a", "b")
    assert labels.tolist() == [1, 0, -1, 1, -1, 0]
    assert labels.dtype == np.int32


def test_number_classes_ascend_as_numbers() -> None:
    labels, classes = encode_labels(pa.array([10, 9, 10]), 1)
    assert classes == ("9", "10")
    assert labels.tolist() == [1, 0, 1]


def test_unlabelled_nodes_take_no_part() -> None:
    task = _task(["a", "b", "a", None, "b"], [0, 0, 1, 2, 2])
    assert task.split.tolist() == [0, 0, 1, -1, 2]
    assert task.nodes("test").tolist() == [4]


def test_an_empty_split_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"papers\.csv: no labelled paper node in valid and test; labelled: .*'train': 3"
    ):
        _task(["a", "b", "a", None], [0, 0, 0, 2])


def test_a_class_seen_only_in_test_is_refused_by_name() -> None:
    with pytest.raises(
        DataError, match=r"1 classes have no training node: 'c' \(2 nodes, only in valid and test\)"
    ):
        _task(["a", "b", "a", "c", "c", "a"], [0, 0, 1, 1, 2, 2])


def test_a_class_seen_only_in_test_is_dropped_where_asked_for() -> None:
    task = _task(["a", "b", "a", "c", "c", "a"], [0, 0, 1, 1, 2, 2], unseen_labels="drop")
    assert task.split.tolist() == [0, 0, 1, -1, -1, 2]
    assert task.labels.tolist() == [0, 1, 0, -1, -1, 0]
    assert task.classes == ("a", "b")


def test_a_single_class_is_no_task() -> None:
    with pytest.raises(DataError, match=r"papers\.csv: 1 classes of 2 nodes or more"):
        _task(["a", "a", "b"], [0, 1, 2], min_count=2)


def test_splits_by_fractions_without_a_split() -> None:
    task = _task(["a", "b"] * 200, None)
    assert {len(task.nodes(name)) > 0 for name in ("train", "valid", "test")} == {True}
