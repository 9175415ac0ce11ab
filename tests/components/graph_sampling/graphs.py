"""Random graphs for property-based tests, and samples written out as plain sets."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from components.graph_ingest.tables import EdgeSet, Graph, NodeSet, NodeTask, edge_set
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import Subgraphs, starts_of

ALL = 10_000


def edges(
    random: np.random.Generator,
    source: str,
    target: str,
    sizes: tuple[int, int],
    count: int,
    parallel: bool,
) -> EdgeSet:
    """Random edges, distinct unless ``parallel``."""
    pairs = np.stack([random.integers(0, sizes[0], count), random.integers(0, sizes[1], count)], axis=1)
    if not parallel:
        pairs = np.unique(pairs, axis=0)
    return edge_set(source, target, (pairs[:, 0], pairs[:, 1]), sizes)


def random_graph(
    seed: int, papers: int, authors: int, cites: int, writes: int, groups: int, parallel: bool = False
) -> Graph:
    """Papers that cite papers, authors that write them; labels, splits and groups by chance."""
    random = np.random.default_rng(seed)
    return Graph(
        {
            "paper": NodeSet(papers, {"year": random.normal(size=(papers, 2)).astype(np.float32)}),
            "author": NodeSet(authors, {}),
        },
        {
            "cites": edges(random, "paper", "paper", (papers, papers), cites, parallel),
            "writes": edges(random, "author", "paper", (authors, papers), writes, parallel),
        },
        NodeTask(
            "paper",
            ("a", "b", "c"),
            random.integers(-1, 3, papers).astype(np.int32),
            random.integers(-1, 3, papers).astype(np.int8),
            random.integers(0, groups, papers).astype(np.int32),
        ),
    )


graphs = st.builds(
    random_graph,
    seed=st.integers(0, 10_000),
    papers=st.integers(1, 40),
    authors=st.integers(1, 10),
    cites=st.integers(0, 150),
    writes=st.integers(0, 60),
    groups=st.integers(1, 15),
    parallel=st.booleans(),
)


def contents(spec: SamplingSpec, batch: Subgraphs, which: int) -> dict[str, list[Any]]:
    """One subgraph as sorted lists of node numbers and of (tail, head)."""
    first = {name: starts_of(nodes.sizes)[which] for name, nodes in batch.nodes.items()}
    found: dict[str, list[Any]] = {}
    for name, nodes in batch.nodes.items():
        found[name] = sorted(nodes.nodes[first[name] : first[name] + nodes.sizes[which]].tolist())
    for name, adjacency in batch.edges.items():
        start = starts_of(adjacency.sizes)[which]
        part = slice(start, start + adjacency.sizes[which])
        ends = spec.edge_sets[name]
        for column, end in ((adjacency.source, ends.source), (adjacency.target, ends.target)):
            inside = (column[part] >= first[end]) & (
                column[part] < first[end] + batch.nodes[end].sizes[which]
            )
            assert inside.all(), f"{name} leaves its subgraph"
        tails = batch.nodes[ends.source].nodes[adjacency.source[part]]
        heads = batch.nodes[ends.target].nodes[adjacency.target[part]]
        found[name] = sorted(zip(tails.tolist(), heads.tolist(), strict=True))
    return found
