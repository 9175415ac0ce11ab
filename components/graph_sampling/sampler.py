"""The vectorised sampler on memory-mapped CSR: all seeds of a batch advance hop by hop together.

In each hop every edge set is followed from the distinct nodes that the hop before reached; each draw is
without replacement, and a subgraph holds every node once. A node met again is not expanded a second time
along the same edge set, so no edge appears twice. (TF-GNN's samplers draw afresh for every arrival and merge
equal edges afterwards: the same where no node is met twice or the fan-out exceeds the degree.)
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.key_index import Int64s, KeyIndex
from components.graph_sampling.neighbours import draw_neighbours
from components.graph_sampling.random_bits import key_of, mix
from components.graph_sampling.reached_nodes import Positions, ReachedNodes, by_subgraph, per_subgraph
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import SampledAdjacency, Subgraphs


class _DrawnEdges:
    """The edges of one set drawn so far, op after op: subgraph and the slots of both ends."""

    def __init__(self) -> None:
        self.expanded: list[Int64s] = []
        self._subgraph: list[Int64s] = []
        self._tails: list[Int64s] = []
        self._heads: list[Int64s] = []

    def add(self, expanded: Int64s, subgraph: Int64s, tails: Int64s, heads: Int64s) -> None:
        self.expanded.append(expanded)
        self._subgraph.append(subgraph)
        self._tails.append(tails)
        self._heads.append(heads)

    def sampled(self, batch: int, source: Positions, target: Positions) -> SampledAdjacency:
        """All edges ordered by subgraph; ``source`` and ``target`` give the position of each slot."""
        if not self._tails:
            return SampledAdjacency(source[:0], target[:0], np.zeros(batch, np.int32))
        subgraph = np.concatenate(self._subgraph)
        tails, heads = source[np.concatenate(self._tails)], target[np.concatenate(self._heads)]
        if len(self._tails) > 1:
            # What one op draws is in order already.
            order = by_subgraph(subgraph)
            tails, heads = tails[order], heads[order]
        return SampledAdjacency(tails, heads, per_subgraph(subgraph, batch))


class Sampler:
    """Draws subgraphs of one graph by one spec; not to be shared between threads.

    Args:
        graph: The graph; only adjacency is read.
        spec: The resolved sampling plan.
        seed: Draws are a function of (seed, epoch, op, seed node, node).
    """

    def __init__(self, graph: Graph, spec: SamplingSpec, seed: int) -> None:
        self._spec = spec
        self._seed = seed
        self._sizes = {name: graph.node_sets[name].size for name in spec.node_sets}
        self._capacity = -1
        self._indexes: dict[str, KeyIndex] = {}

    def sample(self, seeds: npt.ArrayLike, epoch: int = 0) -> Subgraphs:
        """Draws one subgraph per seed node.

        Args:
            seeds: [batch] distinct or repeated node numbers of the seed node set.
            epoch: Another epoch draws other neighbours.
        """
        roots = np.asarray(seeds, np.int64)
        self._reserve(len(roots))
        seed_set = self._spec.seed_node_set
        reached = {name: ReachedNodes(self._indexes[name], size) for name, size in self._sizes.items()}
        drawn = {name: _DrawnEdges() for name in self._spec.edge_sets}
        arrived = {seed_set: [reached[seed_set].add(np.arange(len(roots)), roots)]}
        for hop in range(1, self._spec.hops + 1):
            frontiers = {name: reached[name].frontier(np.concatenate(s)) for name, s in arrived.items()}
            arrived = defaultdict(list)
            for number, op in enumerate(self._spec.ops):
                if op.hop != hop:
                    continue
                edges = drawn[op.edges.name]
                frontier = frontiers[op.edges.source].without(edges.expanded)
                salted = mix(roots.astype(np.uint64) ^ key_of(self._seed, epoch, number))
                bits = mix(salted[frontier.subgraph] ^ frontier.node.astype(np.uint64))
                rows, neighbours = draw_neighbours(op.edges.adjacency, frontier.node, bits, op.fan_out)
                subgraph = frontier.subgraph[rows]
                heads = reached[op.edges.target].add(subgraph, neighbours)
                arrived[op.edges.target].append(heads)
                edges.add(frontier.slots, subgraph, frontier.slots[rows], heads)
        nodes, positions = {}, {}
        for name, entries in reached.items():
            nodes[name], positions[name] = entries.sampled(len(roots))
        return Subgraphs(
            roots.astype(np.int32),
            nodes,
            {
                name: drawn[name].sampled(len(roots), positions[edges.source], positions[edges.target])
                for name, edges in self._spec.edge_sets.items()
            },
        )

    def _reserve(self, batch: int) -> None:
        if batch > self._capacity:
            self._capacity = batch
            self._indexes = {name: KeyIndex(size * batch) for name, size in self._sizes.items()}
