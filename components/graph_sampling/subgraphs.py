"""A batch of sampled subgraphs: structure and node numbers, no features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SampledNodes:
    """Nodes of one set in all subgraphs of a batch.

    Attributes:
        nodes: int32 [total] node numbers of the whole graph, subgraph after subgraph.
        sizes: int32 [subgraphs] how many belong to each subgraph.
    """

    nodes: Int32s
    sizes: Int32s


@dataclass(frozen=True)
class SampledAdjacency:
    """Edges of one set in all subgraphs of a batch.

    Attributes:
        source: int32 [total] positions in the batch's source nodes.
        target: int32 [total] positions in the batch's target nodes.
        sizes: int32 [subgraphs] how many edges belong to each subgraph.
    """

    source: Int32s
    target: Int32s
    sizes: Int32s


@dataclass(frozen=True)
class Subgraphs:
    """Subgraphs around ``seeds``; the seed is the first node of its set in every subgraph."""

    seeds: Int32s
    nodes: Mapping[str, SampledNodes]
    edges: Mapping[str, SampledAdjacency]

    def __len__(self) -> int:
        return len(self.seeds)


def starts_of(sizes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """int64 [n]: where each of ``n`` consecutive pieces of the given sizes begins."""
    ends = np.cumsum(sizes, dtype=np.int64)
    return ends - sizes
