"""The whole of event_ingest: from a source to an EventTable folder, in bounded memory.

1. Rows are read in chunks, joined, typed and checked; events go to disk in sorted runs.
2. The runs are merged; rows of foreign zones and duplicates are settled; series are counted.
3. Rare series are taken out, where the configuration says so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from components.event_ingest.chunks import read_chunks
from components.event_ingest.clean_rows import OFFSET, RowCleaner
from components.event_ingest.columns import resolve_columns
from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import EVENTS, TIMESTAMP, EventFacts, save_facts
from components.event_ingest.external_sort import ExternalSort
from components.event_ingest.lookup_table import LookupTable
from components.event_ingest.problem_log import ProblemLog
from components.event_ingest.series import SeriesCounter, in_series, series_keys
from components.event_ingest.settle import note_mixed_zones, settle_rows, settle_series
from components.event_ingest.source_digest import source_digest
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
        commonest = note_mixed_zones(cleaner.offsets, log)
        log.refuse()
        if runs is None:
            raise _empty(config, cleaner, log)
        merged = runs.merged(config.chunk_rows)
        counter = SeriesCounter(config.index)
        file = Path(scratch) / EVENTS
        _write(file, settle_rows(merged, log, counter, commonest))
        if not file.exists():
            raise _empty(config, cleaner, log)
        series, out = settle_series(counter.counts(), log, config.min_events)
        log.refuse()
        if not len(series):
            raise _empty(config, cleaner, log)
        if len(out):
            file = _without_series(file, out, config)
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
        # Where the source could not be seen when the pipeline was defined, it can be here.
        source_digest=config.source_digest or source_digest(config),
    )
    save_facts(folder, facts)
    return facts


def _without_series(file: Path, out: pa.Table, config: EventIngestConfig) -> Path:
    """A file beside ``file`` without the events of some series."""
    keys = series_keys(out, config.index)
    batches = (pa.Table.from_batches([b]) for b in pq.ParquetFile(file).iter_batches(config.chunk_rows))
    kept = file.with_name("kept.parquet")
    _write(kept, (t.filter(pa.array(~in_series(t, config.index, keys))) for t in batches))
    return kept


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
