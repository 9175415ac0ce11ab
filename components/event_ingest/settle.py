"""What can only be settled once all events are in order: mixed zones, duplicates, small series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.chunks import contiguous
from components.event_ingest.clean_rows import OFFSET, without_internal
from components.event_ingest.numbers import Mask
from components.event_ingest.problem_log import EXAMPLES, RARE_SERIES, ProblemLog
from components.event_ingest.series import COUNT, SeriesCounter
from components.event_ingest.timestamps import OF_SOURCE_ZONE


def note_mixed_zones(offsets: Mapping[int, int], log: ProblemLog) -> int:
    """Notes rows of other zones than the commonest, and returns that one's offset (``Times.offset``).

    Args:
        offsets: How many events state which offset.
        log: Where problems are counted.
    """
    ranked = sorted(offsets.items(), key=lambda item: (-item[1], item[0]))
    others = sum(count for _, count in ranked[1:])
    log.note("mixed_time_zones", others, [f"{_offset_text(o)} in {count} rows" for o, count in ranked])
    return ranked[0][0] if ranked else OF_SOURCE_ZONE


def _offset_text(minutes: int) -> str:
    if minutes == OF_SOURCE_ZONE:
        return "source_zone"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def settle_rows(
    merged: Iterator[pa.Table], log: ProblemLog, counter: SeriesCounter, commonest: int
) -> Iterator[pa.Table]:
    """Takes out rows of foreign zones and duplicates, where they are not to be kept, and counts series.

    Args:
        merged: Sorted events; those of one time are in one table, so that duplicates stand side by side.
        log: Where problems are counted.
        counter: Gets every event that stays.
        commonest: The offset that stays where only one may.

    Yields:
        Events with the columns of events.parquet.
    """
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


def settle_series(series: pa.Table, log: ProblemLog, min_events: int) -> tuple[pa.Table, pa.Table]:
    """Notes series of fewer than ``min_events`` events and of one event.

    Args:
        series: ``SeriesCounter.counts``.
        log: Where problems are counted.
        min_events: Below it a series is rare, and dropped.

    Returns:
        The series that stay, and those that are to be taken out.
    """
    out = [series.slice(0, 0)]
    for problem, fewest in ((RARE_SERIES, min_events), ("single_event_index", 2)):
        is_small = pc.less(series[COUNT], fewest)
        small = series.filter(is_small)
        events = int(pc.sum(small[COUNT]).as_py() or 0)
        log.note(problem, events, [_event_text(small, row) for row in range(min(len(small), EXAMPLES))])
        if log.reaction(problem) == "drop":
            out.append(small)
            series = series.filter(pc.invert(is_small))
    return series, pa.concat_tables(out)
