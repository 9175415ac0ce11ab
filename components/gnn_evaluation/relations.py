"""The graph seen from the task's nodes: whom they touch directly, and what they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from components.graph_ingest.csr import Csr
from components.graph_ingest.tables import Graph


@dataclass(frozen=True)
class Relation:
    """One way to step from the task's node set to a node set.

    Attributes:
        name: The edge set, with ``rev_`` before it where the step goes against its direction.
        node_set: Where the step ends.
        matrix: float32 CSR [task nodes, nodes of node_set]; the number of parallel edges.
    """

    name: str
    node_set: str
    matrix: Any


def relations(graph: Graph) -> list[Relation]:
    """Every edge set that touches the task's node set, in both directions where both ends are in it."""
    task_set = graph.task.node_set
    found = []
    for name, edges in graph.edge_sets.items():
        if edges.source == task_set:
            found.append(Relation(name, edges.target, _matrix(graph, edges.out, edges.target)))
        if edges.target == task_set:
            found.append(Relation(f"rev_{name}", edges.source, _matrix(graph, edges.into, edges.source)))
    return found


def row_normalised(matrix: Any) -> Any:
    """The matrix with every row that is not empty summing to 1."""
    sums = np.asarray(matrix.sum(axis=1), np.float32).ravel()
    scale = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return sparse.diags(scale, dtype=np.float32).dot(matrix).tocsr()


def _matrix(graph: Graph, csr: Csr, column_set: str) -> Any:
    shape = (graph.node_sets[graph.task.node_set].size, graph.node_sets[column_set].size)
    entries = (np.ones(len(csr.indices), np.float32), csr.indices, csr.indptr)
    # Summing works in place, and the graph's own arrays must stay as they are.
    matrix = sparse.csr_matrix(entries, shape=shape, copy=True)
    matrix.sum_duplicates()
    return matrix
