"""The sampling plan resolved against a graph: what is followed from where, in which order."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from components.graph_ingest.csr import Csr, without_parallel
from components.graph_ingest.tables import Graph
from components.graph_sampling.config import SamplingPlan
from noria.errors import ConfigError

REVERSED = "rev_"


@dataclass(frozen=True)
class SampledEdges:
    """An edge set as it appears in samples: edges point away from the seed node.

    Parallel edges of the graph count once: ``adjacency`` holds every neighbour of a node once.
    """

    name: str
    source: str
    target: str
    adjacency: Csr


@dataclass(frozen=True)
class SamplingOp:
    """One draw: up to ``fan_out`` edges of ``edges`` from every node reached in the hop before."""

    hop: int
    edges: SampledEdges
    fan_out: int


@dataclass(frozen=True)
class SamplingSpec:
    """All draws of a plan in order, and the node and edge sets that samples will hold."""

    seed_node_set: str
    ops: tuple[SamplingOp, ...]

    @property
    def edge_sets(self) -> dict[str, SampledEdges]:
        """Every edge set that some op follows, by name."""
        return {op.edges.name: op.edges for op in self.ops}

    @property
    def node_sets(self) -> tuple[str, ...]:
        """The seed's node set, then every other that is reached, in order of first reach."""
        names = [self.seed_node_set]
        names += [name for op in self.ops for name in (op.edges.source, op.edges.target)]
        return tuple(dict.fromkeys(names))

    @property
    def hops(self) -> int:
        """Number of hops."""
        return max((op.hop for op in self.ops), default=0)


def resolve(plan: SamplingPlan, graph: Graph) -> SamplingSpec:
    """Checks a plan against a graph.

    Raises:
        ConfigError: An edge set is unknown, or a hop follows one that starts where no node was reached.
    """
    reached = {graph.task.node_set}
    ops: list[SamplingOp] = []
    for hop, fan_outs in enumerate(plan.hops, start=1):
        following: set[str] = set()
        for name, fan_out in fan_outs.items():
            edges = sampled_edges(graph, name)
            if edges.source not in reached:
                raise ConfigError(
                    f"sampling hop {hop}: {name} starts at {edges.source} nodes, "
                    f"but the hop before reached only {', '.join(sorted(reached))}",
                    hint=f"follow {_opposite(name)} instead, or reach {edges.source} one hop earlier",
                )
            following.add(edges.target)
            ops.append(SamplingOp(hop, edges, fan_out))
        reached = following
    return SamplingSpec(graph.task.node_set, tuple(ops))


def sampled_edges(graph: Graph, name: str) -> SampledEdges:
    """Finds edge set ``name``, or its reverse where the name says so."""
    if name in graph.edge_sets:
        edges = graph.edge_sets[name]
        return SampledEdges(name, edges.source, edges.target, without_parallel(edges.out))
    original = name.removeprefix(REVERSED)
    if original != name and original in graph.edge_sets:
        edges = graph.edge_sets[original]
        return SampledEdges(name, edges.target, edges.source, without_parallel(edges.into))
    raise ConfigError(f"sampling: unknown edge set {name}; {_known(name, graph.edge_sets)}")


def _opposite(name: str) -> str:
    return name.removeprefix(REVERSED) if name.startswith(REVERSED) else REVERSED + name


def _known(name: str, known: Iterable[str]) -> str:
    names = [n for base in known for n in (base, REVERSED + base)]
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}"
