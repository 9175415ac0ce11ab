"""The vectorised sampler on memory-mapped CSR: all seeds of a batch advance hop by hop together.

Semantics are those of TF-GNN's sampling spec: in each hop every edge set is followed from the distinct
nodes that the hop before reached, each draw is without replacement, and a subgraph holds every node once.
A node met again is not expanded a second time along the same edge set, so no edge appears twice.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.key_index import KeyIndex, Keys
from components.graph_sampling.neighbours import draw_neighbours
from components.graph_sampling.random_bits import key_of, mix
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import SampledAdjacency, SampledNodes, Subgraphs


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
        self._capacity = 0
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
        frontier: dict[str, Keys] = {seed_set: np.arange(len(roots)) * self._sizes[seed_set] + roots}
        reached: dict[str, list[Keys]] = defaultdict(list, {seed_set: [frontier[seed_set]]})
        expanded: dict[str, list[Keys]] = defaultdict(list)
        drawn: dict[str, list[tuple[Keys, Keys]]] = defaultdict(list)
        for hop in range(1, self._spec.hops + 1):
            arrived: dict[str, list[Keys]] = defaultdict(list)
            for number, op in enumerate(self._spec.ops):
                if op.hop != hop or op.edges.source not in frontier:
                    continue
                keys = self._unexpanded(op.edges.source, frontier[op.edges.source], expanded[op.edges.name])
                expanded[op.edges.name].append(keys)
                subgraph, node = np.divmod(keys, self._sizes[op.edges.source])
                salt = key_of(self._seed, epoch, number)
                bits = mix(mix(roots[subgraph].astype(np.uint64) ^ salt) ^ node.astype(np.uint64))
                rows, neighbours = draw_neighbours(op.edges.adjacency, node, bits, op.fan_out)
                heads = subgraph[rows] * self._sizes[op.edges.target] + neighbours
                drawn[op.edges.name].append((keys[rows], heads))
                arrived[op.edges.target].append(heads)
            for name, parts in arrived.items():
                reached[name] += parts
            frontier = {n: self._indexes[n].distinct(np.concatenate(p)) for n, p in arrived.items()}
        return self._assemble(roots, reached, drawn)

    def _reserve(self, batch: int) -> None:
        if batch > self._capacity:
            self._capacity = batch
            self._indexes = {name: KeyIndex(size * batch) for name, size in self._sizes.items()}

    def _unexpanded(self, node_set: str, keys: Keys, before: list[Keys]) -> Keys:
        if not before:
            return keys
        seen = np.concatenate(before)
        # Distinct keys keep the order of first occurrence: what follows the `seen` ones is new.
        return self._indexes[node_set].distinct(np.concatenate([seen, keys]))[len(seen) :]

    def _assemble(
        self,
        roots: npt.NDArray[np.int64],
        reached: dict[str, list[Keys]],
        drawn: dict[str, list[tuple[Keys, Keys]]],
    ) -> Subgraphs:
        batch = len(roots)
        nodes = {}
        for name in self._spec.node_sets:
            parts = reached.get(name) or [np.empty(0, np.int64)]
            keys = self._indexes[name].distinct(np.concatenate(parts))
            subgraph, node = np.divmod(keys, self._sizes[name])
            order = _by_subgraph(subgraph, batch)
            self._indexes[name].number(keys[order])
            nodes[name] = SampledNodes(node[order].astype(np.int32), _counts(subgraph, batch))
        edges = {}
        for name, sampled in self._spec.edge_sets.items():
            pairs = drawn.get(name) or [(np.empty(0, np.int64), np.empty(0, np.int64))]
            tails, heads = (np.concatenate(column) for column in zip(*pairs, strict=True))
            subgraph = tails // self._sizes[sampled.source]
            order = _by_subgraph(subgraph, batch)
            edges[name] = SampledAdjacency(
                self._indexes[sampled.source].numbers_of(tails[order]),
                self._indexes[sampled.target].numbers_of(heads[order]),
                _counts(subgraph, batch),
            )
        return Subgraphs(roots.astype(np.int32), nodes, edges)


def _by_subgraph(subgraph: npt.NDArray[np.int64], batch: int) -> npt.NDArray[np.int64]:
    # NumPy sorts 16-bit integers by radix: linear, and stable, so the seed stays first.
    narrow = subgraph.astype(np.uint16) if batch <= 2**16 else subgraph
    return np.argsort(narrow, kind="stable")


def _counts(subgraph: npt.NDArray[np.int64], batch: int) -> npt.NDArray[np.int32]:
    return np.bincount(subgraph, minlength=batch).astype(np.int32)
