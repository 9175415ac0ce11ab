"""A random graph in the shape of a citation network, for measurements."""

from __future__ import annotations

import numpy as np

from components.graph_ingest.tables import Graph, NodeSet, NodeTask, edge_set
from components.graph_sampling.config import SamplingPlan

NODES = {"paper": 50_000, "author": 35_000, "field": 10_000, "institution": 5_000}
EDGES = {
    "cites": ("paper", "paper", 550_000),
    "written_by": ("paper", "author", 500_000),
    "has_field": ("paper", "field", 150_000),
    "affiliated_with": ("author", "institution", 100_000),
}
DIMENSION = 128
CLASSES = 16
PLAN = SamplingPlan(
    hops=[
        {"cites": 32},
        {"written_by": 8, "has_field": 16},
        {"rev_written_by": 16, "affiliated_with": 16},
    ],
    seed=0,
)


def citation_graph(seed: int = 0) -> Graph:
    """100,000 nodes with a float32 [128] feature each and 1.3 million edges with uniformly drawn ends."""
    random = np.random.default_rng(seed)
    nodes = {
        name: NodeSet(size, {"embedding": random.standard_normal((size, DIMENSION), np.float32)})
        for name, size in NODES.items()
    }
    edges = {}
    for name, (source, target, count) in EDGES.items():
        tails = random.integers(0, NODES[source], count)
        heads = random.integers(0, NODES[target], count)
        edges[name] = edge_set(source, target, (tails, heads), (NODES[source], NODES[target]))
    papers = NODES["paper"]
    task = NodeTask(
        "paper",
        tuple(f"class {i}" for i in range(CLASSES)),
        random.integers(0, CLASSES, papers).astype(np.int32),
        np.zeros(papers, np.int8),
        np.arange(papers, dtype=np.int32),
    )
    return Graph(nodes, edges, task)
