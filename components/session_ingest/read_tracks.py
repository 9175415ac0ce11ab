"""From rows as a source has them to typed tracks; rows with a problem are counted and treated as told."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.chunks import Chunk, read_chunks
from components.event_ingest.numbers import Mask, Numbers, read_numbers, read_text
from components.event_ingest.problem_log import ProblemLog
from components.event_ingest.timestamps import read_times
from components.session_ingest.candidates import read_candidates
from components.session_ingest.columns import track_columns
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.read_items import Items
from noria.errors import DataError

MISSING = "(missing)"
# A propensity that is no probability, in rows that are kept nevertheless.
UNUSABLE = -1.0
_MICROSECONDS = 1e6


def read_tracks(config: SessionIngestConfig, items: Items, log: ProblemLog) -> pa.Table:
    """Reads every usable row, in the source's order.

    Returns:
        session, user, context: text; item: int64 row of ``items``; position: float64; second: float64 since
        1970 on the clock of timestamp.time_zone; response: float64 in [0, 1]; propensity: float64, NaN where
        there is none, UNUSABLE where it is none; candidates: lists of int64 (null where there are none).

    Raises:
        DataError: A file is damaged, or a column is of a type that is not read.
    """
    reader = _Reader(config, items, log)
    chunks = read_chunks(track_columns(config), config.chunk_rows)
    tables = list(reader.tables(chunks))
    if not tables:
        raise DataError(f"source.path={config.source.path}: there are no rows")
    return pa.concat_tables(tables).combine_chunks()


class _Reader:
    def __init__(self, config: SessionIngestConfig, items: Items, log: ProblemLog) -> None:
        self._config = config
        self._items = items
        self._log = log

    def tables(self, chunks: Iterator[Chunk]) -> Iterator[pa.Table]:
        for chunk in chunks:
            yield self._table(chunk)

    def _table(self, chunk: Chunk) -> pa.Table:
        names = self._config.columns
        alive = np.ones(len(chunk.table), bool)
        seconds = self._seconds(chunk, alive)
        columns: dict[str, pa.Array] = {}
        for field in ("session", "user", "item"):
            columns[field] = self._text(chunk, alive, getattr(names, field))
        position, response = (self._number(chunk, alive, name) for name in (names.position, names.response))
        row = self._items.rows(columns["item"])
        self._examine("unknown_item", row < 0, alive, chunk, names.item)
        columns |= {
            "item": pa.array(row),
            "context": self._context(chunk, alive),
            "position": position.values,
            "second": seconds,
            "response": self._response(chunk, alive, response),
            "propensity": self._propensity(chunk, alive),
            "candidates": self._candidates(chunk, alive, row),
        }
        return pa.table(columns).filter(pa.array(alive))

    def _seconds(self, chunk: Chunk, alive: Mask) -> pa.Array:
        shown = self._config.timestamp.column
        times = read_times(chunk.column(shown), self._config.timestamp)
        self._examine("missing_timestamp", times.missing, alive, chunk, shown)
        self._examine("unparsable_timestamp", times.unparsable, alive, chunk, shown)
        self._examine("nonexistent_time", times.nonexistent, alive, chunk, shown)
        self._examine("ambiguous_time", times.ambiguous, alive, chunk, shown)
        return pc.divide(times.wall.cast(pa.int64()).cast(pa.float64()), _MICROSECONDS)

    def _text(self, chunk: Chunk, alive: Mask, name: str) -> pa.Array:
        text, missing = read_text(chunk.column(name))
        self._examine("missing_value", missing, alive, chunk, name)
        return text

    def _number(self, chunk: Chunk, alive: Mask, name: str) -> Numbers:
        numbers = read_numbers(chunk.column(name))
        self._examine("missing_value", numbers.missing, alive, chunk, name)
        self._examine("unparsable_value", numbers.unparsable, alive, chunk, name)
        return numbers

    def _context(self, chunk: Chunk, alive: Mask) -> pa.Array:
        name = self._config.columns.context
        if not name:
            return pa.repeat("any", len(chunk.table))
        text, missing = read_text(chunk.column(name))
        self._examine("missing_context", missing, alive, chunk, name)
        return pc.fill_null(text, MISSING)

    def _response(self, chunk: Chunk, alive: Mask, response: Numbers) -> pa.Array:
        low, high = self._config.response_range
        values = response.values.fill_null(low).to_numpy()
        outside = (values < low) | (values > high)
        self._examine("response_out_of_range", outside, alive, chunk, self._config.columns.response)
        return pa.array((np.clip(values, low, high) - low) / (high - low))

    def _propensity(self, chunk: Chunk, alive: Mask) -> pa.Array:
        name = self._config.columns.propensity
        if not name:
            return pa.array(np.full(len(chunk.table), np.nan))
        numbers = read_numbers(chunk.column(name))
        values = numbers.values.fill_null(float("nan")).to_numpy().copy()
        outside = (values <= 0.0) | (values > 1.0) | numbers.unparsable
        self._examine("propensity_out_of_range", outside, alive, chunk, name)
        values[outside] = UNUSABLE
        return pa.array(values)

    def _candidates(self, chunk: Chunk, alive: Mask, item: np.typing.NDArray[np.int64]) -> pa.Array:
        name = self._config.columns.candidates
        if not name:
            return pa.nulls(len(chunk.table), pa.list_(pa.int64()))
        read = read_candidates(chunk.column(name), self._items)
        self._examine("unknown_candidate", read.unknown, alive, chunk, name)
        without = ~read.contain(item) & ~read.missing & (item >= 0)
        self._examine("not_in_candidates", without, alive, chunk, self._config.columns.item)
        read = read.with_items(item, without)
        offsets = np.concatenate([[0], np.cumsum(read.lengths)]).astype(np.int32)
        lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(read.items))
        return pc.if_else(pa.array(read.missing), None, lists)

    def _examine(self, problem: str, wrong: Mask, alive: Mask, chunk: Chunk, column: str) -> None:
        def describe(row: int) -> str:
            value = chunk.table[column][row].as_py()
            return f"{chunk.place(row)}: {column} {'is empty' if value is None else repr(value)}"

        self._log.examine(problem, wrong, alive, describe)
