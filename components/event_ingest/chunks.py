"""Tables in pieces of a bounded number of rows, every row with its place in the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from components.event_ingest.columns import TableColumns
from components.table_files import iterate_batches, split_rows


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows of one file.

    Attributes:
        file: Where they come from.
        first_row: The number of the first one, counted from 1 without the header.
        table: The rows, one contiguous array per column.
    """

    file: Path
    first_row: int
    table: pa.Table

    def column(self, name: str) -> pa.Array:
        """One column as one array."""
        return contiguous(self.table[name])

    def place(self, row: int) -> str:
        """Where a row stands, for messages."""
        return f"row {self.first_row + row} of {self.file.name}"


def read_chunks(columns: TableColumns, rows: int) -> Iterator[Chunk]:
    """Reads every file of a table in order, in chunks of at most ``rows`` rows.

    Raises:
        DataError: A file is damaged.
    """
    schema = pa.schema(list(columns.types.items()))
    for file in columns.files:
        first = 1
        batches = iterate_batches(file, schema.names, rows, columns.style)
        for table in split_rows(batches, rows):
            yield Chunk(file, first, table.cast(schema))
            first += len(table)


def contiguous(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array."""
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
