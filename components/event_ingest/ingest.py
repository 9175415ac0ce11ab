"""The whole of event_ingest: from a source to an EventTable folder, in bounded memory.

1. Rows are read in chunks, joined, typed and checked; events go to disk in sorted runs.
2. The runs are merged; rows of foreign zones and duplicates are settled; series are counted.
3. Rare series are taken out, where the configuration says so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.event_ingest.chunks import contiguous, read_chunks
from components.event_ingest.clean_rows import OFFSET, RowCleaner, without_internal
from components.event_ingest.columns import resolve_columns
from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import EVENTS, TIMESTAMP, EventFacts, save_facts
from components.event_ingest.external_sort import ExternalSort
from components.event_ingest.lookup_table import LookupTable
from components.event_ingest.numbers import Mask
from components.event_ingest.problem_log import EXAMPLES, RARE_SERIES, ProblemLog
from components.event_ingest.series import COUNT, SeriesCounter, in_series, series_keys
from components.event_ingest.timestamps import OF_SOURCE_ZONE
from components.table_files import split_rows
from noria.errors import DataError
from noria.files import replacing

# Rows of a row group, whatever the chunks: the same events give the same file.
_ROW_GROUP = 262_144


def ingest(config: EventIngestConfig, folder: Path) -> EventFacts:
    """Reads the configured events and writes ``events.parquet`` and ``events.json``.

    Neither the order of the rows nor the chunks' size changes the result.

    Raises:
        DataError: The source is not there or damaged, rows have a problem that is configured to fail, or no
            event is left.
        ConfigError: The configuration does not fit the source.
    """
    columns = resolve_columns(config)
    log = ProblemLog(config.problems)
    lookups = [
        LookupTable.load(join, table, config.chunk_rows)
        for join, table in zip(config.joins, columns.lookups, strict=True)
    ]
    cleaner = RowCleaner(config, lookups, columns.event_id, log)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sorting-", dir=folder) as scratch:
        cleaned = (cleaner.clean(chunk) for chunk in read_chunks(columns.events, config.chunk_rows))
        runs: ExternalSort | None = None
        for events in split_rows(cleaned, config.chunk_rows):
            if runs is None:
                keys = [name for name in events.column_names if name != OFFSET]
                runs = ExternalSort(Path(scratch), keys)
            runs.add(events)
        commonest = _note_mixed_zones(cleaner, log)
        log.refuse()
        if runs is None:
            raise _empty(config, cleaner, log)
        merged = runs.merged(config.chunk_rows)
        counter = SeriesCounter(config.index)
        file = Path(scratch) / EVENTS
        _write(file, _settled(merged, log, counter, commonest))
        if not file.exists():
            raise _empty(config, cleaner, log)
        file, series = _settle_series(config, log, counter.counts(), file)
        log.refuse()
        if not len(series):
            raise _empty(config, cleaner, log)
        with replacing(folder / EVENTS) as temporary:
            file.replace(temporary)
    first, last = _span(folder / EVENTS)
    facts = EventFacts(
        index=config.index,
        values=config.value_columns,
        time_zone=config.timestamp.time_zone,
        rows=pq.ParquetFile(folder / EVENTS).metadata.num_rows,
        series=len(series),
        first=first,
        last=last,
        rows_read=cleaner.rows_read,
        dropped=log.dropped,
        warnings=log.warnings,
        examples={name: log.examples(name) for name in (*log.dropped, *log.warnings)},
        source_digest=config.source_digest,
    )
    save_facts(folder, facts)
    return facts


def _note_mixed_zones(cleaner: RowCleaner, log: ProblemLog) -> int:
    """Notes rows of other zones than the commonest, and returns that one's offset."""
    ranked = sorted(cleaner.offsets.items(), key=lambda item: (-item[1], item[0]))
    others = sum(count for _, count in ranked[1:])
    log.note("mixed_time_zones", others, [f"{_offset_text(o)} in {count} rows" for o, count in ranked])
    return ranked[0][0] if ranked else OF_SOURCE_ZONE


def _offset_text(minutes: int) -> str:
    if minutes == OF_SOURCE_ZONE:
        return "source_zone"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _settled(
    merged: Iterator[pa.Table], log: ProblemLog, counter: SeriesCounter, commonest: int
) -> Iterator[pa.Table]:
    for events in merged:
        if log.reaction("mixed_time_zones") == "drop":
            events = events.filter(pc.equal(events[OFFSET], commonest))
        alive = np.ones(len(events), bool)
        plain = without_internal(events)
        log.examine("duplicate_event", _repeats(events), alive, partial(_event_text, plain))
        kept = plain.filter(pa.array(alive))
        counter.add(kept)
        yield kept


def _repeats(events: pa.Table) -> Mask:
    """bool [rows]: which rows of a sorted table equal the one before, the stated offset aside."""
    equal = np.ones(max(len(events) - 1, 0), bool)
    for name in events.column_names:
        if name != OFFSET:
            column = contiguous(events[name])
            now, before = column[1:], column[:-1]
            both_null = pc.and_(now.is_null(), before.is_null())
            same = pc.or_(pc.fill_null(pc.equal(now, before), False), both_null)
            equal &= same.to_numpy(zero_copy_only=False)
    return np.concatenate([np.zeros(min(len(events), 1), bool), equal])


def _event_text(events: pa.Table, row: int) -> str:
    return ", ".join(f"{name.lstrip('_')}={events[name][row].as_py()}" for name in events.column_names)


def _settle_series(
    config: EventIngestConfig, log: ProblemLog, series: pa.Table, file: Path
) -> tuple[Path, pa.Table]:
    """Takes out series that are too small, and notes those of one event.

    Returns:
        The file and the series that are left.
    """
    out: list[pa.Table] = []
    for problem, fewest in ((RARE_SERIES, config.min_events), ("single_event_index", 2)):
        small = series.filter(pc.less(series[COUNT], fewest))
        events = int(pc.sum(small[COUNT]).as_py() or 0)
        log.note(problem, events, [_event_text(small, row) for row in range(min(len(small), EXAMPLES))])
        if log.reaction(problem) == "drop" and len(small):
            out.append(small)
            series = series.filter(pc.greater_equal(series[COUNT], fewest))
    if not out:
        return file, series
    keys = series_keys(pa.concat_tables(out), config.index)
    batches = (pa.Table.from_batches([b]) for b in pq.ParquetFile(file).iter_batches(config.chunk_rows))
    kept = file.with_name("kept.parquet")
    _write(kept, (t.filter(pa.array(~in_series(t, config.index, keys))) for t in batches))
    return kept, series


def _write(file: Path, tables: Iterator[pa.Table]) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for table in split_rows(tables, _ROW_GROUP):
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=_ROW_GROUP)
    finally:
        if writer:
            writer.close()


def _span(file: Path) -> tuple[str, str]:
    parquet = pq.ParquetFile(file)
    ends = [(0, 0), (parquet.num_row_groups - 1, -1)]
    first, last = (parquet.read_row_group(group, [TIMESTAMP])[TIMESTAMP][row].as_py() for group, row in ends)
    return first.isoformat(), last.isoformat()


def _empty(config: EventIngestConfig, cleaner: RowCleaner, log: ProblemLog) -> DataError:
    reasons = ", ".join(f"{count} by {name}" for name, count in log.dropped.items()) or "none were dropped"
    return DataError(f"{config.source.path}: no event is left of {cleaner.rows_read} rows ({reasons})")
