"""Series: the events that share the values of all index columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.chunks import contiguous
from components.event_ingest.numbers import Mask

# Two underscores: no index column has such a name.
COUNT = "__count"
_PENDING = 64


class SeriesCounter:
    """Counts the events of every series; memory grows with series, not with events."""

    def __init__(self, index: Sequence[str]) -> None:
        self._index = list(index)
        self._parts: list[pa.Table] = []

    def add(self, events: pa.Table) -> None:
        """Counts some events."""
        ones = pa.array(np.ones(len(events), np.int64))
        self._parts.append(self._total(events.select(self._index).append_column(COUNT, ones)))
        if len(self._parts) >= _PENDING:
            self._parts = [self.counts()]

    def counts(self) -> pa.Table:
        """The index columns and the int64 column ``__count``, the largest series first."""
        total = self._total(pa.concat_tables(self._parts))
        keys = [(COUNT, "descending"), *((name, "ascending") for name in self._index)]
        return total.take(pc.sort_indices(total, sort_keys=keys))

    def _total(self, table: pa.Table) -> pa.Table:
        if not self._index:
            return pa.table({COUNT: pa.array([pc.sum(table[COUNT]).as_py() or 0], pa.int64())})
        total = table.group_by(self._index, use_threads=False).aggregate([(COUNT, "sum")])
        return total.select([*self._index, f"{COUNT}_sum"]).rename_columns([*self._index, COUNT])


def series_keys(table: pa.Table, index: Sequence[str]) -> pa.Array:
    """string [rows]: one text per row that is equal where all index columns are."""
    if not index:
        return pa.array([""] * len(table), pa.string())
    columns = [contiguous(table[name]) for name in index]
    # A length before every part: otherwise ("a", "b|c") and ("a|b", "c") would be one series.
    parts = [part for column in columns for part in (pc.utf8_length(column).cast(pa.string()), column)]
    return pc.binary_join_element_wise(*parts, "|")


def in_series(table: pa.Table, index: Sequence[str], keys: pa.Array) -> Mask:
    """bool [rows]: which rows belong to one of the series."""
    found: Mask = np.array(pc.is_in(series_keys(table, index), value_set=keys).to_numpy(zero_copy_only=False))
    return found
