"""Compressed sparse rows: the neighbours of a node as one slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Csr:
    """Adjacency of one edge set in one direction.

    Attributes:
        indptr: int64 [rows + 1]; row ``i`` owns ``indices[indptr[i]:indptr[i + 1]]``.
        indices: int32 [edges]; neighbours, ascending within a row.
    """

    indptr: IntArray
    indices: IntArray

    def degrees(self) -> IntArray:
        """int64 [rows]: the number of neighbours of every row."""
        return np.diff(self.indptr)

    def row(self, node: int) -> IntArray:
        """The neighbours of one node."""
        return self.indices[self.indptr[node] : self.indptr[node + 1]]


def without_parallel(csr: Csr) -> Csr:
    """The adjacency with every neighbour once per row; the same object where that holds already."""
    if not len(csr.indices):
        return csr
    first = np.concatenate([[True], csr.indices[1:] != csr.indices[:-1]])
    starts = csr.indptr[:-1]
    first[starts[starts < len(csr.indices)]] = True
    if first.all():
        return csr
    kept = np.concatenate([[0], np.cumsum(first)])
    return Csr(kept[csr.indptr], csr.indices[first])


def build_csr(rows: IntArray, columns: IntArray, row_count: int) -> Csr:
    """Groups edges by ``rows``; parallel edges are kept.

    Args:
        rows: [edges] integers in ``[0, row_count)``.
        columns: [edges] the other end of each edge.
        row_count: Number of rows, those without edges included.
    """
    order = np.lexsort((columns, rows))
    indptr = np.zeros(row_count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=row_count), out=indptr[1:])
    return Csr(indptr, np.ascontiguousarray(columns[order], dtype=np.int32))
