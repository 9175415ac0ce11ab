"""Drawing neighbours without replacement for many nodes at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.graph_ingest.csr import Csr
from components.graph_sampling.random_bits import Bits, below, mix

Ints = npt.NDArray[np.int64]


def draw_neighbours(csr: Csr, nodes: Ints, bits: Bits, fan_out: int) -> tuple[Ints, Ints]:
    """Draws up to ``fan_out`` distinct adjacency entries of every node, every such set equally likely.

    Args:
        csr: Adjacency whose rows are drawn from.
        nodes: int64 [n] rows.
        bits: uint64 [n] one hash per row; equal hashes give equal draws.
        fan_out: A row with no more entries than this is taken whole.

    Returns:
        (position in ``nodes``, neighbour), each [draws], ordered by position.
    """
    starts = csr.indptr[nodes]
    degrees = csr.indptr[nodes + 1] - starts
    counts = np.minimum(degrees, fan_out)
    ends = np.cumsum(counts)
    first = ends - counts
    # Entries of rows that are taken whole: consecutive from the row's start.
    entries = np.repeat(starts - first, counts)
    entries += np.arange(len(entries))
    crowded = np.flatnonzero(degrees > fan_out)
    if len(crowded):
        chosen = starts[crowded][:, None] + _distinct(degrees[crowded], bits[crowded], fan_out)
        entries[first[crowded][:, None] + np.arange(fan_out)] = chosen
    return np.repeat(np.arange(len(nodes)), counts), csr.indices[entries].astype(np.int64)


def _distinct(degrees: Ints, bits: Bits, count: int) -> Ints:
    """[n, count] distinct numbers below each degree, by Floyd's method (Bentley, Floyd, CACM 1987)."""
    chosen = np.empty((count, len(degrees)), np.int64)
    for draw in range(count):
        bits = mix(bits)
        top = degrees - count + draw
        number = below(bits, top + 1)
        # Where the number was drawn before, `top` itself cannot have been.
        seen = (chosen[:draw] == number).any(axis=0)
        chosen[draw] = np.where(seen, top, number)
    return chosen.T
