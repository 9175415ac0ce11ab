"""Joins features to sampled structure when a batch is read.

Copying features into every stored sample is what makes sample files explode (TF-GNN's ogbn-mag samples:
108 GB); here samples hold node numbers, and rows are gathered from the memory-mapped tables per batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling.array_pool import ArrayPool
from components.graph_sampling.subgraphs import Int32s, Subgraphs

NODE_ID = "id"
KNOWN_LABEL = "known_label"
LABEL = "label"

FeatureRows = Mapping[str, Mapping[str, npt.NDArray[Any]]]


class FeatureJoin:
    """Gathers the feature rows of sampled nodes.

    Besides the graph's own features there are two kinds:

    - ``id`` int32 [nodes]: the node's number, for node sets that have no features of their own.
    - ``known_label`` int32 [nodes of the task's set]: 1 + class where the node is in the training split
      and outside the seed node's group, else 0. So a prediction never sees the label of the seed or of
      its siblings, in training as in testing (label features: Shi et al., UniMP, IJCAI 2021).

    Args:
        graph: Where features, labels, split and groups come from.
        node_sets: The node sets that samples hold.
        known_labels: Whether ``known_label`` is given.
    """

    def __init__(self, graph: Graph, node_sets: Sequence[str], *, known_labels: bool = True) -> None:
        task = graph.task
        self._task_set = task.node_set
        self._group = np.asarray(task.group)
        self._labels: Int32s = np.asarray(task.labels, np.int32)
        in_training = np.asarray(task.split) == SPLITS.index("train")
        self._training_label = np.where(in_training, self._labels + 1, 0).astype(np.int32)
        self._known_labels = known_labels
        self._pool = ArrayPool()
        # A plain view: a memmap's own indexing is slower, and reading through the view still pages lazily.
        self._tables = {
            name: {f: np.asarray(v) for f, v in graph.node_sets[name].features.items()} for name in node_sets
        }

    def join(self, subgraphs: Subgraphs, totals: Mapping[str, int] | None = None) -> FeatureRows:
        """Feature rows per node set and feature, each [sampled nodes, ...] in the batch's node order.

        Args:
            subgraphs: The sampled structure.
            totals: Rows to give per node set, at least as many as there are sampled nodes: [total, ...];
                those after the sampled nodes' are 0. Gathering straight into padded arrays saves a copy.
        """
        rows: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for name, tables in self._tables.items():
            nodes = subgraphs.nodes[name].nodes
            total = None if totals is None else totals[name]
            rows[name] = {f: self._gather(table, nodes, total) for f, table in tables.items()}
            if not tables:
                rows[name][NODE_ID] = _extend(nodes, total)
            if self._known_labels and name == self._task_set:
                rows[name][KNOWN_LABEL] = _extend(self._known_label(subgraphs), total)
        return rows

    def labels(self, subgraphs: Subgraphs) -> Int32s:
        """int32 [batch]: the seed nodes' labels."""
        return self._labels[subgraphs.seeds]

    def _known_label(self, subgraphs: Subgraphs) -> Int32s:
        sampled = subgraphs.nodes[self._task_set]
        seed_group = np.repeat(self._group[subgraphs.seeds], sampled.sizes)
        outside = self._group[sampled.nodes] != seed_group
        return np.where(outside, self._training_label[sampled.nodes], np.int32(0))

    def _gather(self, table: npt.NDArray[Any], nodes: Int32s, total: int | None) -> npt.NDArray[Any]:
        if total is None:
            return np.take(table, nodes, axis=0)
        rows = self._pool.empty((total, *table.shape[1:]), table.dtype)
        # Node numbers are in range; mode="raise" would gather into a buffer first and copy.
        np.take(table, nodes, axis=0, out=rows[: len(nodes)], mode="clip")
        rows[len(nodes) :] = 0
        return rows


def _extend(values: Int32s, total: int | None) -> Int32s:
    return values if total is None else np.pad(values, (0, total - len(values)))
