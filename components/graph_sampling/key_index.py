"""Finding the distinct (subgraph, node) pairs of a batch and numbering them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]

# A table of this many int32 (256 MiB) is the most that is held per node set; beyond it, sorting.
_TABLE_LIMIT = 2**26


class KeyIndex:
    """Keys in ``[0, size)`` and a number for each; reused from batch to batch.

    A direct table costs one write and one read per key, several times less than sorting; it needs no
    clearing, because a key's cell is always written before it is read.
    """

    def __init__(self, size: int) -> None:
        self._table = np.zeros(size, np.int32) if size <= _TABLE_LIMIT else None
        self._sorted: Keys = np.empty(0, np.int64)
        self._numbers: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def distinct(self, keys: Keys) -> Keys:
        """Every key once; keys keep the order of their first occurrence."""
        if self._table is None:
            _, first = np.unique(keys, return_index=True)
            return keys[np.sort(first)]
        backwards = keys[::-1]
        order = np.arange(len(keys), dtype=np.int32)
        # Of several writes to one cell the last stays: writing backwards keeps the first occurrence.
        self._table[backwards] = order[::-1]
        return keys[self._table[keys] == order]

    def number(self, keys: Keys) -> None:
        """Gives distinct ``keys`` the numbers 0, 1, 2, ..."""
        if self._table is None:
            self._numbers = np.argsort(keys)
            self._sorted = keys[self._numbers]
        else:
            self._table[keys] = np.arange(len(keys), dtype=np.int32)

    def numbers_of(self, keys: Keys) -> npt.NDArray[np.int32]:
        """int32: the number of each key; every key must have been given one."""
        if self._table is None:
            return self._numbers[np.searchsorted(self._sorted, keys)].astype(np.int32)
        return self._table[keys]
