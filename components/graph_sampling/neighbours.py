"""Drawing neighbours without replacement for many nodes at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.graph_ingest.csr import Csr
from components.graph_sampling.random_bits import Bits, below, mix

Ints = npt.NDArray[np.int64]


def draw_neighbours(csr: Csr, nodes: Ints, bits: Bits, fan_out: int) -> tuple[Ints, npt.NDArray[np.int32]]:
    """Draws up to ``fan_out`` distinct adjacency entries of every node, uniformly.

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
    first = np.cumsum(counts) - counts
    rows = np.repeat(np.arange(len(nodes)), counts)
    # Position within the row: 0 .. count-1, which is already right for rows that are taken whole.
    offsets = np.arange(len(rows)) - np.repeat(first, counts)
    crowded = np.flatnonzero(degrees > fan_out)
    if len(crowded):
        chosen = _distinct(degrees[crowded], bits[crowded], fan_out)
        offsets[first[crowded][:, None] + np.arange(fan_out)] = chosen
    return rows, csr.indices[starts[rows] + offsets]


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
