"""Lookup tables whose columns are joined to events."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.chunks import contiguous, read_chunks
from components.event_ingest.columns import TableColumns
from components.event_ingest.config import JoinConfig
from components.event_ingest.numbers import Mask, mask, read_text
from noria.errors import DataError, first_few


@dataclass(frozen=True)
class LookupTable:
    """A table in memory, with one row per key.

    Attributes:
        on: The events' column that holds keys.
        keys: string [rows].
        columns: What events get.
    """

    on: str
    keys: pa.Array
    columns: pa.Table

    @classmethod
    def load(cls, join: JoinConfig, columns: TableColumns, chunk_rows: int) -> LookupTable:
        """Reads the whole table; keys are compared as text, so that a CSV fits a Parquet file.

        Raises:
            DataError: It is empty, damaged, or a key stands there twice: events would multiply.
        """
        tables = [chunk.table for chunk in read_chunks(columns, chunk_rows)]
        if not tables:
            raise DataError(f"{join.path}: the table to join has no rows")
        table = pa.concat_tables(tables)
        keys, _ = read_text(contiguous(table[join.right_on or join.left_on]))
        counts = pc.value_counts(keys.drop_null())
        twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if len(twice):
            raise DataError(
                f"{join.path}: column {join.right_on or join.left_on!r} names {len(twice)} keys "
                f"more than once: {first_few(twice)}",
                hint="a table to join has one row per key",
            )
        return cls(join.left_on, keys, table.select(list(join.columns)).combine_chunks())

    def add_to(self, events: pa.Table) -> tuple[pa.Table, Mask]:
        """Events with this table's columns, null where no key matches, and which rows those are."""
        wanted, missing = read_text(contiguous(events[self.on]))
        rows = pc.if_else(pa.array(missing), None, pc.index_in(wanted, value_set=self.keys))
        for name in self.columns.column_names:
            events = events.append_column(name, self.columns[name].take(rows))
        return events, mask(rows.is_null())
