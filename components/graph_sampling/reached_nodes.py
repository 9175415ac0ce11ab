"""The nodes of one set that the subgraphs of a batch have reached so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.graph_sampling.key_index import Int64s, KeyIndex
from components.graph_sampling.subgraphs import SampledNodes

Positions = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Frontier:
    """Distinct reached nodes that a hop draws from, each array [nodes], ordered by subgraph.

    Attributes:
        slots: int64, where ``ReachedNodes`` keeps each.
        subgraph: int64 position in the batch.
        node: int64 number in the graph.
    """

    slots: Int64s
    subgraph: Int64s
    node: Int64s

    def without(self, slots: Sequence[Int64s]) -> Frontier:
        """The frontier less the nodes in ``slots``."""
        if not slots:
            return self
        gone = np.zeros(1 + max(int(part.max(initial=-1)) for part in (*slots, self.slots)), bool)
        for part in slots:
            gone[part] = True
        keep = np.flatnonzero(~gone[self.slots])
        return Frontier(self.slots[keep], self.subgraph[keep], self.node[keep])


class ReachedNodes:
    """Distinct (subgraph, node) pairs in the order in which they were first reached.

    Args:
        index: For keys ``subgraph * size + node``; is cleared.
        size: Number of nodes of the set in the graph.
    """

    def __init__(self, index: KeyIndex, size: int) -> None:
        index.clear()
        self._index = index
        self._size = size
        # What each slot holds, as pieces: subgraph, node, whether the slot is used.
        self._pieces: list[tuple[Int64s, Int64s, npt.NDArray[np.bool_]]] = []
        self._slots = 0

    def add(self, subgraph: Int64s, node: Int64s) -> Int64s:
        """Enters pairs, new or met before; returns the slot of each, int64 [pairs]."""
        slots, fresh = self._index.add(subgraph * self._size + node)
        if len(fresh) == len(slots):
            self._keep(subgraph, node, slots)
        elif len(fresh):
            self._keep(subgraph[fresh], node[fresh], slots[fresh])
        return slots

    def frontier(self, slots: Int64s) -> Frontier:
        """The distinct nodes among ``slots``."""
        reached = np.zeros(self._slots, bool)
        reached[slots] = True
        distinct = np.flatnonzero(reached)
        subgraph, node, _ = self._columns()
        order = by_subgraph(subgraph[distinct])
        distinct = distinct[order]
        return Frontier(distinct, subgraph[distinct], node[distinct])

    def sampled(self, batch: int) -> tuple[SampledNodes, Positions]:
        """All nodes, ordered by subgraph and then by first reach, and the position of each slot's node."""
        subgraph, node, used = self._columns()
        kept = np.flatnonzero(used)
        kept = kept[by_subgraph(subgraph[kept])]
        position = np.empty(self._slots, np.int32)
        position[kept] = np.arange(len(kept), dtype=np.int32)
        return SampledNodes(node[kept].astype(np.int32), per_subgraph(subgraph[kept], batch)), position

    def _keep(self, subgraph: Int64s, node: Int64s, slots: Int64s) -> None:
        used = slots == np.arange(self._slots, self._slots + len(slots))
        self._pieces.append((subgraph, node, used))
        self._slots += len(slots)

    def _columns(self) -> tuple[Int64s, Int64s, npt.NDArray[np.bool_]]:
        if not self._pieces:
            return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool)
        if len(self._pieces) > 1:
            subgraph, node, used = zip(*self._pieces, strict=True)
            self._pieces = [(np.concatenate(subgraph), np.concatenate(node), np.concatenate(used))]
        return self._pieces[0]


def by_subgraph(subgraph: Int64s) -> Int64s:
    """A stable order by subgraph."""
    # NumPy sorts 16-bit integers by radix, in linear time.
    narrow = subgraph.astype(np.uint16) if not len(subgraph) or subgraph.max() < 2**16 else subgraph
    return np.argsort(narrow, kind="stable")


def per_subgraph(subgraph: Int64s, batch: int) -> npt.NDArray[np.int32]:
    """int32 [batch]: how often each subgraph occurs."""
    return np.bincount(subgraph, minlength=batch).astype(np.int32)
