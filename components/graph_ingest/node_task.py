"""From label values to a checked node classification task."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.graph_ingest.config import SplitConfig, TaskConfig
from components.graph_ingest.csr import IntArray
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.splits import split_by_group
from components.graph_ingest.tables import SPLITS, NodeTask
from noria.errors import DataError, first_few


def node_task(graph: SourceGraph, task: TaskConfig, split: SplitConfig, min_class_count: int) -> NodeTask:
    """Numbers the classes and divides the labelled nodes.

    Args:
        graph: Where the labels, the groups and perhaps the split come from.
        task: What to do about classes that no training node has.
        split: Shares and seed, used unless the source brings its own split.
        min_class_count: Nodes of rarer classes lose their label.

    Raises:
        DataError: No class is left, a split has no labelled node, or a class has no training node.
    """
    labels, classes = encode_labels(graph.labels, min_class_count)
    if len(classes) < 2:
        raise DataError(
            f"{graph.origin}: {len(classes)} classes of {min_class_count} nodes or more, expected at least 2",
            hint="set task.label to a column with more classes, or lower task.min_class_count",
        )
    parts = graph.split if graph.split is not None else split_by_group(graph.group, split)
    parts = np.where(labels >= 0, parts, -1).astype(np.int8)
    _require_nodes(parts, graph)
    trained = np.unique(labels[parts == 0])
    unseen = np.setdiff1d(labels[parts > 0], trained)
    if len(unseen) and task.unseen_labels == "fail":
        _refuse_unseen(unseen, labels, parts, classes, graph.origin)
    # Classes are numbered anew without those that no training node has.
    number = np.full(len(classes) + 1, -1, np.int32)
    number[trained] = np.arange(len(trained))
    labels = number[labels]
    parts = np.where(labels >= 0, parts, -1).astype(np.int8)
    _require_nodes(parts, graph)
    names = tuple(classes[i] for i in trained)
    return NodeTask(graph.node_set, names, labels, parts, graph.group.astype(np.int32))


def encode_labels(values: pa.Array, min_count: int) -> tuple[IntArray, tuple[str, ...]]:
    """Numbers the classes in ascending order (numerically where labels are numbers).

    Returns:
        int32 [nodes] class numbers, -1 where the label is null or its class has fewer than ``min_count``
        nodes; and the names of the classes.
    """
    counts = pc.value_counts(values.drop_null())
    frequent = counts.field("values").filter(pc.greater_equal(counts.field("counts"), min_count))
    classes = frequent.take(pc.sort_indices(frequent))
    numbers = pc.fill_null(pc.index_in(values, value_set=classes, skip_nulls=True), -1)
    return numbers.to_numpy(zero_copy_only=False).astype(np.int32), tuple(map(str, classes.to_pylist()))


def _require_nodes(parts: IntArray, graph: SourceGraph) -> None:
    counts = {name: int((parts == i).sum()) for i, name in enumerate(SPLITS)}
    empty = [name for name, count in counts.items() if not count]
    if empty:
        raise DataError(
            f"{graph.origin}: no labelled {graph.node_set} node in {' and '.join(empty)}; labelled: {counts}",
            hint="give every split some nodes: see split.* and the split column",
        )


def _refuse_unseen(
    unseen: IntArray, labels: IntArray, parts: IntArray, classes: tuple[str, ...], origin: str
) -> None:
    def tell(label: int) -> str:
        nodes = np.flatnonzero((labels == label) & (parts > 0))
        where = " and ".join(name for i, name in enumerate(SPLITS) if i in parts[nodes])
        return f"{classes[label]!r} ({len(nodes)} nodes, only in {where})"

    raise DataError(
        f"{origin}: {len(unseen)} classes have no training node: {first_few(map(tell, unseen))}",
        hint="split otherwise (split.seed), raise task.min_class_count, or set task.unseen_labels=drop",
    )
