"""Numbering the distinct keys of a batch as they come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

# A table of this many int32 (256 MiB) is the most that is held per node set; beyond it, sorting.
TABLE_LIMIT = 2**26
# Numbers restart, and the table is wiped, before they leave int32.
_WIPE_AT = 2**30


class KeyIndex:
    """Gives every distinct key in ``[0, size)`` a slot; reused from batch to batch.

    A direct table costs one write and two reads per key, several times less than sorting. It is not wiped
    between batches: a number that is smaller than the batch's first one is an old batch's and means unknown.

    Args:
        size: Keys are below it.
        table_limit: With more keys than this they are sorted instead.
    """

    def __init__(self, size: int, table_limit: int = TABLE_LIMIT) -> None:
        self._table = np.full(size, -1, np.int32) if size <= table_limit else None
        self._first = 0
        self._slots = 0
        self._known: Int64s = np.empty(0, np.int64)
        self._slot_of_known: Int64s = np.empty(0, np.int64)

    def clear(self) -> None:
        """Forgets all keys: a new batch begins at slot 0."""
        self._first += self._slots
        self._slots = 0
        self._known = self._slot_of_known = np.empty(0, np.int64)
        if self._table is not None and self._first > _WIPE_AT:
            self._table.fill(-1)
            self._first = 0

    def add(self, keys: Int64s) -> tuple[Int64s, Int64s]:
        """Looks keys up; those that are not known yet take the next slots, in order.

        A key that comes several times in ``keys`` has the slot of its first occurrence; the slots of the
        others stay unused.

        Returns:
            (int64 [keys] the slot of each, positions in ``keys`` of those that took a slot).
        """
        slots = self._look_up(keys)
        fresh = np.flatnonzero(slots < 0)
        if len(fresh):
            slots[fresh] = self._insert(keys[fresh])
            self._slots += len(fresh)
        return slots, fresh

    def _look_up(self, keys: Int64s) -> Int64s:
        if self._table is not None:
            return self._table[keys] - np.int64(self._first)
        if not len(self._known):
            return np.full(len(keys), -1, np.int64)
        place = np.minimum(np.searchsorted(self._known, keys), len(self._known) - 1)
        return np.where(self._known[place] == keys, self._slot_of_known[place], -1)

    def _insert(self, keys: Int64s) -> Int64s:
        own = np.arange(self._slots, self._slots + len(keys))
        if self._table is not None:
            # Of several writes to one cell the last stays: writing backwards keeps the first occurrence.
            self._table[keys[::-1]] = own[::-1] + self._first
            return self._table[keys] - np.int64(self._first)
        distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        known = np.concatenate([self._known, distinct])
        order = np.argsort(known)
        self._known = known[order]
        self._slot_of_known = np.concatenate([self._slot_of_known, own[first]])[order]
        return own[first][inverse]
