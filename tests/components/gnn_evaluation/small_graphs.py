"""Graphs small enough to check by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.graph_ingest.tables import EdgeSet, Graph, NodeSet, NodeTask, edge_set

Pairs = Sequence[tuple[int, int]]


def edges(source: str, target: str, pairs: Pairs, sizes: tuple[int, int]) -> EdgeSet:
    """An edge set from (tail, head) pairs."""
    array = np.array(pairs, np.int64).reshape(-1, 2)
    return edge_set(source, target, (array[:, 0], array[:, 1]), sizes)


def paper_graph(
    labels: Sequence[int],
    split: Sequence[int],
    group: Sequence[int] | None = None,
    cites: Pairs = (),
    writes: Pairs = (),
    authors: int = 3,
    features: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
    classes: int = 3,
) -> Graph:
    """Papers that cite papers; authors write papers."""
    papers = len(labels)
    return Graph(
        {"paper": NodeSet(papers, features or {}), "author": NodeSet(authors, {})},
        {
            "cites": edges("paper", "paper", cites, (papers, papers)),
            "writes": edges("author", "paper", writes, (authors, papers)),
        },
        NodeTask(
            "paper",
            tuple("abcdefgh"[:classes]),
            np.array(labels, np.int32),
            np.array(split, np.int8),
            np.arange(papers, dtype=np.int32) if group is None else np.array(group, np.int32),
        ),
        notes=notes or {},
    )
