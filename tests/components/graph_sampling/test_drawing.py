"""Pictures of subgraphs."""

from __future__ import annotations

import numpy as np

from components.graph_ingest.tables import Graph
from components.graph_sampling.drawing import draw_subgraph
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.sampler import Sampler
from tests.components.gnn_training import conftest as small

graph, fmt = small.graph, small.fmt


def test_every_node_is_drawn_once(graph: Graph, fmt: GraphTensorFormat) -> None:
    batch = Sampler(graph, fmt.spec, 0).sample(np.array([3, 7]))
    for which in (0, 1):
        axes = draw_subgraph(graph, fmt.spec, batch, which).axes[0]
        nodes = sum(int(sampled.sizes[which]) for sampled in batch.nodes.values())
        edges = sum(int(adjacency.sizes[which]) for adjacency in batch.edges.values())
        # The last collection is the ring around the seed node, which is drawn once more.
        assert sum(len(points.get_offsets()) for points in axes.collections[:-1]) == nodes
        assert len(axes.texts) == edges
        np.testing.assert_array_equal(axes.collections[-1].get_offsets(), [[0, 0]])


def test_a_node_without_neighbours(graph: Graph, fmt: GraphTensorFormat) -> None:
    del fmt
    from components.graph_sampling.config import SamplingPlan
    from components.graph_sampling.spec import resolve

    spec = resolve(SamplingPlan(hops=[{"rev_cites": 1}]), graph)
    alone = int(np.argmin(graph.edge_sets["cites"].into.degrees()))
    axes = draw_subgraph(graph, spec, Sampler(graph, spec, 0).sample(np.array([alone]))).axes[0]
    assert f"paper {alone}" in axes.get_title()
