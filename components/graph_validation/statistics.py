"""What a graph looks like, in numbers that fit into one JSON file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.csr import Csr
from components.graph_ingest.tables import SPLITS, EdgeSet, Graph, NodeTask

Statistics = dict[str, Any]

_CHUNK_ROWS = 65536


def graph_statistics(graph: Graph) -> Statistics:
    """Measures every node set, edge set and the task.

    Returns:
        ``source`` (what the graph was read from), ``node_sets``, ``edge_sets`` and ``task``; the functions
        below say what each holds. Plain numbers, lists and strings only.
    """
    missing: Mapping[str, Mapping[str, int]] = graph.notes.get("missing", {})
    return {
        "source": graph.notes.get("source", {}),
        "node_sets": {
            name: {
                "size": nodes.size,
                "isolated_share": isolated_share(graph, name),
                "features": {
                    feature: feature_statistics(values, missing.get(name, {}).get(feature, 0))
                    for feature, values in nodes.features.items()
                },
            }
            for name, nodes in graph.node_sets.items()
        },
        "edge_sets": {name: edge_statistics(edges) for name, edges in graph.edge_sets.items()},
        "task": task_statistics(graph.task),
    }


def isolated_share(graph: Graph, node_set: str) -> float:
    """Share of the nodes without any edge, in either direction, in any edge set."""
    size = graph.node_sets[node_set].size
    connected = np.zeros(size, bool)
    for edges in graph.edge_sets.values():
        if edges.source == node_set:
            connected |= edges.out.degrees() > 0
        if edges.target == node_set:
            connected |= edges.into.degrees() > 0
    return _share(int((~connected).sum()), size)


def feature_statistics(values: npt.NDArray[Any], missing: int) -> Statistics:
    """Statistics of a feature [nodes, ...], read in chunks.

    Returns:
        dtype, shape, missing_share (left empty by the source), non_finite (rows with NaN or infinity),
        zero_share (rows that hold nothing but zeros, e.g. an empty text), min, max; and for float features
        mean and std per column, over finite values.
    """
    rows = values.reshape(len(values), -1)
    width = rows.shape[1]
    total, squares = np.zeros(width), np.zeros(width)
    count = np.zeros(width, np.int64)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    bad_rows = zero_rows = 0
    for start in range(0, len(rows), _CHUNK_ROWS):
        chunk = rows[start : start + _CHUNK_ROWS].astype(np.float64)
        finite = np.isfinite(chunk)
        bad_rows += int((~finite.all(axis=1)).sum())
        zero_rows += int((chunk == 0).all(axis=1).sum())
        low = np.minimum(low, np.where(finite, chunk, np.inf).min(axis=0))
        high = np.maximum(high, np.where(finite, chunk, -np.inf).max(axis=0))
        chunk[~finite] = 0
        total += chunk.sum(axis=0)
        squares += (chunk**2).sum(axis=0)
        count += finite.sum(axis=0)
    result: Statistics = {
        "dtype": str(values.dtype),
        "shape": list(values.shape[1:]),
        "missing_share": _share(missing, len(values)),
        "non_finite": bad_rows,
        "zero_share": _share(zero_rows, len(values)),
        "min": _finite(low),
        "max": _finite(high),
    }
    if values.dtype.kind == "f":
        mean = total / np.maximum(count, 1)
        variance = squares / np.maximum(count, 1) - mean**2
        result |= {"mean": mean.tolist(), "std": np.sqrt(np.maximum(variance, 0)).tolist()}
    return result


def edge_statistics(edges: EdgeSet) -> Statistics:
    """Size, share of repeated edges, and the degrees by source (``out``) and by target (``in``)."""
    repeated = edges.out.indices[1:] == edges.out.indices[:-1]
    starts = edges.out.indptr[1:-1]
    starts = starts[(starts > 0) & (starts < edges.size)]
    # A row's first edge repeats none of its own, whatever ends the row before.
    repeated[starts - 1] = False
    return {
        "source": edges.source,
        "target": edges.target,
        "size": edges.size,
        "duplicate_share": _share(int(repeated.sum()), edges.size),
        "out": degree_statistics(edges.out),
        "in": degree_statistics(edges.into),
    }


def degree_statistics(csr: Csr) -> Statistics:
    """Mean, median, 99th percentile and maximum, the share of nodes without an edge, and a histogram.

    Bin 0 of the histogram counts degree 0, bin k > 0 the degrees from 2^(k-1) to 2^k - 1.
    """
    degrees = csr.degrees()
    if not len(degrees):
        return {"mean": 0.0, "median": 0.0, "p99": 0.0, "max": 0, "without_share": 0.0, "histogram": []}
    bins = np.ceil(np.log2(degrees + 1)).astype(np.int64)
    return {
        "mean": float(degrees.mean()),
        "median": float(np.median(degrees)),
        "p99": float(np.percentile(degrees, 99)),
        "max": int(degrees.max()),
        "without_share": _share(int((degrees == 0).sum()), len(degrees)),
        "histogram": np.bincount(bins).tolist(),
    }


def task_statistics(task: NodeTask) -> Statistics:
    """Classes, nodes and class counts per split, sibling leak, and distance of the class shares.

    ``sibling_leak_share``: of the validation and of the test nodes, those with a training node in their
    group. ``label_distance``: total variation between the split's class shares and those of training.
    """
    counts = {
        name: np.bincount(task.labels[task.nodes(name)], minlength=len(task.classes)) for name in SPLITS
    }
    in_training = np.unique(task.group[task.nodes("train")])
    later = SPLITS[1:]
    return {
        "node_set": task.node_set,
        "classes": list(task.classes),
        "labels": {name: count.tolist() for name, count in counts.items()},
        "split_nodes": {name: int(count.sum()) for name, count in counts.items()},
        "sibling_leak_share": {
            name: _share(int(np.isin(task.group[task.nodes(name)], in_training).sum()), len(task.nodes(name)))
            for name in later
        },
        "label_distance": {name: total_variation(counts["train"], counts[name]) for name in later},
    }


def total_variation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Half the sum of absolute differences between two count vectors' shares: 0 = equal, 1 = disjoint."""
    shares = [np.asarray(counts, np.float64) for counts in (first, second)]
    a, b = (counts / max(counts.sum(), 1) for counts in shares)
    return float(np.abs(a - b).sum() / 2)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _finite(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
