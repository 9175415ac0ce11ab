"""Known labels around a node: what its neighbours, and those who share something with it, are labelled.

Only training labels are known. A node never sees labels of its own group (e.g. packages of its own source),
so that training nodes look like test nodes, whose groups have no training label.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from components.gnn_evaluation.relations import relations, row_normalised
from components.graph_ingest.csr import IntArray
from components.graph_ingest.tables import Graph

FloatArray = npt.NDArray[np.float32]


def label_distributions(graph: Graph, nodes: IntArray) -> dict[str, FloatArray]:
    """The distribution of training labels around nodes, one per relation.

    Args:
        graph: The graph.
        nodes: int [rows]; numbers of nodes of the task's set.

    Returns:
        Relation name to float32 [rows, classes]; a row sums to 1, or is 0 where no label is known.
        A relation to another node set (e.g. maintainers) gives the mean over the shared nodes of the
        distribution among the other groups' task nodes there. Parallel edges count as often as they are.
    """
    known = _known_labels(graph)
    group = np.asarray(graph.task.group)
    found = {}
    for relation in relations(graph):
        if relation.node_set == graph.task.node_set:
            values = _direct(relation.matrix, known, group, nodes)
        else:
            values = _shared(relation.matrix, known, group, nodes)
        found[relation.name] = values
    return found


def _known_labels(graph: Graph) -> Any:
    train = graph.task.nodes("train")
    labels = np.asarray(graph.task.labels)[train]
    train, labels = train[labels >= 0], labels[labels >= 0]
    shape = (len(graph.task.labels), len(graph.task.classes))
    return sparse.csr_matrix((np.ones(len(train), np.float32), (train, labels)), shape=shape)


def _direct(matrix: Any, known: Any, group: IntArray, nodes: IntArray) -> FloatArray:
    edges = matrix[nodes].tocoo()
    strangers = group[nodes[edges.row]] != group[edges.col]
    entries = (edges.data[strangers], (edges.row[strangers], edges.col[strangers]))
    others = sparse.csr_matrix(entries, shape=edges.shape)
    return _dense(row_normalised(others @ known))


def _shared(matrix: Any, known: Any, group: IntArray, nodes: IntArray) -> FloatArray:
    edges = matrix.tocoo()
    counts = (matrix.T @ known).tocsr()
    # A "seat" is a group at a shared node: what must be taken off before the group looks at that node.
    seat_keys = edges.col.astype(np.int64) * (int(group.max()) + 1) + group[edges.row]
    seats, seat = np.unique(seat_keys, return_inverse=True)
    members = sparse.csr_matrix((edges.data, (seat, edges.row)), shape=(len(seats), len(group)))
    own = (members @ known).tocsr()
    left = _row_sums(counts)[edges.col] - _row_sums(own)[seat]
    # Counts are whole numbers; less than one label means none.
    weight = np.divide(edges.data, left, out=np.zeros_like(left), where=left > 0.5)
    at_shared = sparse.csr_matrix((weight, (edges.row, edges.col)), shape=matrix.shape)[nodes]
    at_seats = sparse.csr_matrix((weight, (edges.row, seat)), shape=(len(group), len(seats)))[nodes]
    # Rounding must not leave a negative share.
    total = np.maximum(_dense(at_shared @ counts) - _dense(at_seats @ own), 0)
    sums = total.sum(axis=1, keepdims=True)
    return np.divide(total, sums, out=np.zeros_like(total), where=sums > 1e-6)


def _row_sums(matrix: Any) -> FloatArray:
    return np.asarray(matrix.sum(axis=1), np.float32).ravel()


def _dense(matrix: Any) -> FloatArray:
    return np.asarray(matrix.toarray(), np.float32)
