"""From rows as a source has them to typed events; rows with a problem are counted and treated as told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.chunks import Chunk, contiguous
from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import TIMESTAMP
from components.event_ingest.lookup_table import LookupTable
from components.event_ingest.numbers import Mask, Numbers, read_numbers, read_text
from components.event_ingest.problem_log import ProblemLog
from components.event_ingest.timestamps import read_times

MISSING = "(missing)"
# Columns that travel with events until duplicates and mixed zones are settled.
OFFSET = "__offset"
_EVENT_ID = "__id_"


class RowCleaner:
    """Turns chunks into events.

    An event has TIMESTAMP (timestamp[us]), OFFSET (int16), the index columns (string, never null), the value
    columns (float64, null = missing) and the ``event_id`` columns under names of their own.

    Attributes:
        rows_read: How many rows came in.
        offsets: How many usable rows stated which offset (``Times.offset``).
    """

    def __init__(
        self,
        config: EventIngestConfig,
        lookups: Sequence[LookupTable],
        event_id: Sequence[str],
        log: ProblemLog,
    ) -> None:
        self._config = config
        self._lookups = lookups
        self._event_id = event_id
        self._log = log
        self.rows_read = 0
        self.offsets: Counter[int] = Counter()

    def clean(self, chunk: Chunk) -> pa.Table:
        """The events of a chunk, in the chunk's order.

        Raises:
            DataError: The timestamp column is of a type that is not read.
        """
        self.rows_read += len(chunk.table)
        alive = np.ones(len(chunk.table), bool)
        times = read_times(chunk.column(self._config.timestamp.column), self._config.timestamp)
        shown = self._config.timestamp.column
        self._examine("missing_timestamp", times.missing, alive, chunk, shown)
        self._examine("unparsable_timestamp", times.unparsable, alive, chunk, shown)
        self._examine("nonexistent_time", times.nonexistent, alive, chunk, shown)
        self._examine("ambiguous_time", times.ambiguous, alive, chunk, shown)
        chunk = self._join(chunk, alive)
        columns = {TIMESTAMP: times.wall, OFFSET: pa.array(times.offset)}
        columns |= {name: self._index(name, chunk, alive) for name in self._config.index}
        columns |= self._values(chunk, alive)
        columns |= {_EVENT_ID + name: _comparable(chunk.column(name)) for name in self._event_id}
        stated, counts = np.unique(times.offset[alive], return_counts=True)
        self.offsets.update(dict(zip(stated.tolist(), counts.tolist(), strict=True)))
        return pa.table(columns).filter(pa.array(alive))

    def _join(self, chunk: Chunk, alive: Mask) -> Chunk:
        for lookup in self._lookups:
            table, unmatched = lookup.add_to(chunk.table)
            self._examine("no_match", unmatched, alive, chunk, lookup.on)
            chunk = Chunk(chunk.file, chunk.first_row, table)
        return chunk

    def _index(self, name: str, chunk: Chunk, alive: Mask) -> pa.Array:
        text, missing = read_text(chunk.column(name))
        self._examine("missing_index", missing, alive, chunk, name)
        return pc.fill_null(text, MISSING)

    def _values(self, chunk: Chunk, alive: Mask) -> dict[str, pa.Array]:
        config = self._config
        read: dict[str, Numbers] = {}
        for name in config.numeric_columns:
            read[name] = read_numbers(chunk.column(name), config.decimal)
        # A row has a problem once, however many of its columns have it.
        self._examine_any("unparsable_value", {n: v.unparsable for n, v in read.items()}, alive, chunk)
        self._examine_any("missing_value", {n: v.missing for n, v in read.items()}, alive, chunk)
        values = {name: read[name].values for name in config.values}
        for name in sorted(config.derived):
            first, *others = (read[factor].values for factor in config.derived[name])
            for other in others:
                first = pc.multiply(first, other)
            values[name] = first
        below = {
            name: pc.fill_null(pc.less(v, 0.0), False).to_numpy(zero_copy_only=False)
            for name, v in values.items()
        }
        shown = Chunk(chunk.file, chunk.first_row, pa.table(values)) if values else chunk
        self._examine_any("negative_value", below, alive, shown)
        return values

    def _examine_any(self, problem: str, wrong: dict[str, Mask], alive: Mask, chunk: Chunk) -> None:
        if not wrong:
            return

        def describe(row: int) -> str:
            return _describe(chunk, row, next(name for name, rows in wrong.items() if rows[row]))

        self._log.examine(problem, np.logical_or.reduce(list(wrong.values())), alive, describe)

    def _examine(self, problem: str, wrong: Mask, alive: Mask, chunk: Chunk, column: str) -> None:
        self._log.examine(problem, wrong, alive, lambda row: _describe(chunk, row, column))


def without_internal(events: pa.Table) -> pa.Table:
    """Events with the columns of events.parquet only; a missing value is NaN."""
    kept = [name for name in events.column_names if name != OFFSET and not name.startswith(_EVENT_ID)]
    events = events.select(kept)
    for i, field in enumerate(events.schema):
        if pa.types.is_floating(field.type):
            filled = pc.fill_null(contiguous(events.column(i)), float("nan"))
            events = events.set_column(i, field.name, filled)
    return events


def _comparable(column: pa.Array) -> pa.Array:
    # NaN differs from itself; null does not where duplicates are looked for.
    return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column


def _describe(chunk: Chunk, row: int, column: str) -> str:
    value = chunk.table[column][row].as_py()
    return f"{chunk.place(row)}: {column} {'is empty' if value is None else repr(str(value))}"
