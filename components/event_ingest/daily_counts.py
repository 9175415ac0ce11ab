"""What the report shows of an EventTable: events per day and per series, read in pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.event_ingest.event_table import TIMESTAMP, EventTable
from components.event_ingest.series import SeriesCounter

_ROWS = 250_000


@dataclass(frozen=True)
class EventCounts:
    """Counts of one table.

    Attributes:
        days: datetime64[D], every day from the first event's to the last one's.
        per_day: int64 [days], events of the day.
        series: The index columns and the column COUNT, the largest series first.
    """

    days: npt.NDArray[np.datetime64]
    per_day: npt.NDArray[np.int64]
    series: pa.Table


def count_events(table: EventTable) -> EventCounts:
    """Counts all events of a table that holds at least one."""
    counter = SeriesCounter(table.facts.index)
    per_day: dict[int, int] = {}
    for batch in pq.ParquetFile(table.parquet).iter_batches(_ROWS, columns=[TIMESTAMP, *table.facts.index]):
        events = pa.Table.from_batches([batch])
        counter.add(events)
        days = pc.value_counts(events[TIMESTAMP].cast(pa.date32(), safe=False).cast(pa.int32()))
        for day, count in zip(
            days.field("values").to_pylist(), days.field("counts").to_pylist(), strict=True
        ):
            per_day[day] = per_day.get(day, 0) + count
    first, last = min(per_day), max(per_day)
    counts = np.zeros(last - first + 1, np.int64)
    counts[np.array(list(per_day)) - first] = list(per_day.values())
    return EventCounts(np.arange(first, last + 1).astype("datetime64[D]"), counts, counter.counts())
