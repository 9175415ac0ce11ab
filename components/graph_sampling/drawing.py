"""One sampled subgraph as a picture: the seed node in the middle, one ring per hop."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from components.graph_ingest.tables import Graph
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import Subgraphs, starts_of

_COLOURS = ("#3b6fb6", "#e08e2b", "#4f9d69", "#a05195", "#c0504d", "#7a7a7a")

Key = tuple[str, int]


def draw_subgraph(
    graph: Graph,
    spec: SamplingSpec,
    subgraphs: Subgraphs,
    which: int = 0,
    figsize: tuple[float, float] = (8, 7),
) -> Figure:
    """Draws one subgraph of a batch.

    Args:
        graph: The graph; gives the label of the seed node.
        spec: The spec that the batch was drawn by.
        subgraphs: The batch.
        which: Position in the batch.
        figsize: Inches.
    """
    nodes, edges = _one(spec, subgraphs, which)
    seed: Key = (spec.seed_node_set, 0)
    hops = _hops(seed, [(tail, head) for _, tail, head in edges])
    places = _rings([key for key in nodes if key in hops], hops, [(tail, head) for _, tail, head in edges])
    figure = Figure(figsize=figsize, layout="constrained")
    axes = figure.subplots()
    edge_colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(spec.edge_sets)}
    for name, tail, head in edges:
        axes.annotate(
            "",
            places[head],
            places[tail],
            arrowprops={"arrowstyle": "->", "color": edge_colours[name], "alpha": 0.6, "lw": 1},
        )
    for i, node_set in enumerate(spec.node_sets):
        points = np.array([places[k] for k in places if k[0] == node_set]).reshape(-1, 2)
        axes.scatter(
            points[:, 0], points[:, 1], s=60, color=_COLOURS[i % len(_COLOURS)], zorder=3, label=node_set
        )
    axes.scatter(
        places[seed][0], places[seed][1], s=240, facecolor="none", edgecolor="black", linewidth=1.5, zorder=4
    )
    label = int(graph.task.labels[subgraphs.seeds[which]])
    labelled = f", label {graph.task.classes[label]}" if label >= 0 else ""
    axes.set_title(f"{spec.seed_node_set} {int(subgraphs.seeds[which])}{labelled}: {len(places)} nodes")
    used = {name for name, _, _ in edges}
    lines = [
        Line2D([], [], color=colour, label=name) for name, colour in edge_colours.items() if name in used
    ]
    dots, _ = axes.get_legend_handles_labels()
    figure.legend(handles=[*dots, *lines], fontsize=8, loc="outside right upper")
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


def _one(
    spec: SamplingSpec, subgraphs: Subgraphs, which: int
) -> tuple[list[Key], list[tuple[str, Key, Key]]]:
    first = {name: starts_of(nodes.sizes)[which] for name, nodes in subgraphs.nodes.items()}
    nodes = [(name, i) for name, s in subgraphs.nodes.items() for i in range(int(s.sizes[which]))]
    edges = []
    for name, adjacency in subgraphs.edges.items():
        ends = spec.edge_sets[name]
        start = int(starts_of(adjacency.sizes)[which])
        for edge in range(start, start + int(adjacency.sizes[which])):
            tail = (ends.source, int(adjacency.source[edge] - first[ends.source]))
            head = (ends.target, int(adjacency.target[edge] - first[ends.target]))
            edges.append((name, tail, head))
    return nodes, edges


def _hops(seed: Key, edges: Sequence[tuple[Key, Key]]) -> dict[Key, int]:
    hops = {seed: 0}
    frontier = {seed}
    while frontier:
        reached = {head for tail, head in edges if tail in frontier and head not in hops}
        hops.update(dict.fromkeys(reached, max(hops.values()) + 1))
        frontier = reached
    return hops


def _rings(
    nodes: Sequence[Key], hops: dict[Key, int], edges: Sequence[tuple[Key, Key]]
) -> dict[Key, tuple[float, float]]:
    angles: dict[Key, float] = {}
    for hop in sorted(set(hops.values())):
        ring = [key for key in nodes if hops[key] == hop]
        # Nodes stand beyond the node that led to them, so that few edges cross.
        parent = {head: tail for tail, head in reversed(edges) if hops.get(tail) == hop - 1}
        ring.sort(key=lambda key: angles[parent[key]] if key in parent else 0.0)
        for i, key in enumerate(ring):
            angles[key] = 2 * math.pi * i / len(ring)
    return {k: (hops[k] * math.cos(angle), hops[k] * math.sin(angle)) for k, angle in angles.items()}
