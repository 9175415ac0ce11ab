"""Features of the task's nodes as matrices for linear models: their own, and their neighbours' means."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from components.gnn_evaluation.relations import relations, row_normalised
from components.graph_ingest.csr import IntArray
from components.graph_ingest.tables import Graph

FloatArray = npt.NDArray[np.float32]


def dense_features(graph: Graph, node_set: str) -> FloatArray:
    """Numeric features side by side, flattened, float32 [nodes, columns]; ids of a vocabulary left out."""
    nodes = graph.node_sets[node_set]
    columns = [
        np.asarray(values, np.float32).reshape(nodes.size, -1)
        for name, values in nodes.features.items()
        if name not in _vocabularies(graph, node_set) and np.issubdtype(values.dtype, np.number)
    ]
    return np.concatenate(columns, axis=1) if columns else np.zeros((nodes.size, 0), np.float32)


def word_features(graph: Graph, node_set: str) -> Any:
    """Bags of ids: float32 CSR [nodes, sum of vocabulary sizes], each bag of length 1; id 0 is padding."""
    nodes = graph.node_sets[node_set]
    bags = []
    for name, size in _vocabularies(graph, node_set).items():
        ids = np.asarray(nodes.features[name]).reshape(nodes.size, -1)
        rows, columns = np.nonzero(ids)
        entries = (np.ones(len(rows), np.float32), (rows, ids[rows, columns]))
        bag = sparse.csr_matrix(entries, shape=(nodes.size, size))
        bag.data[:] = 1.0
        length = np.sqrt(np.maximum(np.diff(bag.indptr), 1)).astype(np.float32)
        bags.append(sparse.diags(1 / length, dtype=np.float32).dot(bag))
    return sparse.hstack(bags, format="csr") if bags else sparse.csr_matrix((nodes.size, 0), dtype=np.float32)


def neighbour_means(graph: Graph, nodes: IntArray) -> FloatArray:
    """Per relation the mean of the neighbours' numeric features.

    Args:
        graph: The graph.
        nodes: int [rows]; numbers of nodes of the task's set.

    Returns:
        float32 [rows, columns]; 0 where a node has no such neighbour.
    """
    blocks = [
        np.asarray(row_normalised(relation.matrix[nodes]) @ features, np.float32)
        for relation in relations(graph)
        if (features := dense_features(graph, relation.node_set)).shape[1]
    ]
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((len(nodes), 0), np.float32)


def _vocabularies(graph: Graph, node_set: str) -> dict[str, int]:
    known = graph.notes.get("vocabularies", {}).get(node_set, {})
    return {name: int(size) for name, size in known.items() if name in graph.node_sets[node_set].features}
