"""From tables to Temporian's event sets and back.

An event set is built from columns that are grouped here, with integer codes: Temporian's own import groups
by text, row after row. Temporian answers an indexed event set with no rows, and no error, under numpy 2:
``check_numpy`` refuses to start there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from temporian.core.data.schema import Schema
from temporian.implementation.numpy.data.event_set import EventSet, IndexData

from components.event_ingest.event_table import TIMESTAMP
from noria.errors import DataError, NoriaError

Key = tuple[bytes, ...]
Seconds = npt.NDArray[np.float64]
# Per series its times [n] and one array [n] per feature.
SeriesData = dict[Key, tuple[Seconds, list[npt.NDArray[Any]]]]
_LOSS = 1e-4
_DENSE = 50_000_000


def check_numpy() -> None:
    """Raises NoriaError where numpy is 2 or later."""
    if int(np.__version__.split(".")[0]) >= 2:
        raise NoriaError(
            f"numpy is {np.__version__}; Temporian 0.9 silently computes nothing with numpy 2",
            hint="install numpy<2",
        )


@dataclass(frozen=True)
class GroupedEvents:
    """Events by series.

    Attributes:
        keys: Index values (UTF-8) of every series, sorted.
        starts: int64 [series + 1] where each series' rows begin in the arrays below.
        seconds: float64 [rows] times, ascending within a series.
        columns: float64 [rows] per value column, rounded (see ``round_values``).
    """

    keys: list[Key]
    starts: npt.NDArray[np.int64]
    seconds: Seconds
    columns: dict[str, npt.NDArray[np.float64]]

    def rows_of(self, number: int) -> slice:
        """The rows of one series."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))


def group_events(
    events: pa.Table, index: Sequence[str], values: Sequence[str], binary_places: int
) -> GroupedEvents:
    """Groups a table of events by its index columns.

    Args:
        events: timestamp (timestamp[us], not null), index columns (string), value columns (float64), in any
            order.
        index: Names of the index columns.
        values: Names of the value columns.
        binary_places: What values are rounded to.

    Raises:
        DataError: Columns or all rows are missing, or an index value or a time is.
    """
    wanted = [TIMESTAMP, *index, *values]
    if missing := [name for name in wanted if name not in events.column_names]:
        raise DataError(
            f"events have no column {', '.join(missing)}; they have {', '.join(events.column_names)}"
        )
    if not events.num_rows:
        raise DataError("there are no events", hint="look at event_ingest's report: were all rows dropped?")
    if holes := [name for name in (TIMESTAMP, *index) if events[name].null_count]:
        raise DataError(f"events without {' or '.join(holes)}: event_ingest drops such rows")
    codes, keys = _series_codes(events, index)
    micros = events[TIMESTAMP].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    # Ingested events are sorted by time already: then one stable sort by small integers groups them.
    order = np.argsort(micros, kind="stable") if np.any(micros[1:] < micros[:-1]) else None
    by_series = np.argsort(codes if order is None else codes[order], kind="stable")
    order = by_series if order is None else order[by_series]
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(keys)))])
    columns = {}
    for name in values:
        numbers = events[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        columns[name] = round_values(numbers, binary_places, name)[order]
    seconds = micros[order].astype(np.float64)
    seconds /= 1e6
    return GroupedEvents(keys, starts, seconds, columns)


def round_values(values: npt.NDArray[np.float64], binary_places: int, name: str) -> npt.NDArray[np.float64]:
    """Rounds to multiples of 2**-binary_places; sums up to 2**(53 - binary_places) are then exact.

    Raises:
        DataError: That changes values by more than a ten thousandth of their sum, or one is infinite.
    """
    scale = 2.0**binary_places
    rounded = values * scale
    np.rint(rounded, out=rounded)
    rounded *= 1 / scale
    with np.errstate(invalid="ignore"):
        lost, total = _total(rounded - values), _total(values.copy())
    if not np.isfinite(lost + total):
        raise DataError(f"column {name} holds infinite or too large numbers")
    if lost > _LOSS * total:
        raise DataError(
            f"column {name}: rounding to multiples of 2**-{binary_places} loses {lost / total:.2%} of the "
            "values' sum",
            hint="raise features.binary_places",
        )
    return rounded


def _total(values: npt.NDArray[np.float64]) -> float:
    """Sum of absolute values, without missing ones; overwrites its argument."""
    total = float(np.abs(values, out=values).sum())
    return float(np.nansum(values)) if np.isnan(total) else total


def _series_codes(events: pa.Table, index: Sequence[str]) -> tuple[npt.NDArray[Any], list[Key]]:
    """A small integer per row, and the key that each stands for, in the order of the keys."""
    if not index:
        return np.zeros(events.num_rows, np.uint8), [()]
    columns = [_dictionary(events[name]) for name in index]
    keys: list[Key] = [()]
    codes: npt.NDArray[Any] | None = None
    for numbers, words in columns:
        if codes is None:
            keys, codes = [(word,) for word in words], numbers
            continue
        # Pairs that occur become the new codes: their number stays that of the series.
        together = codes.astype(np.int64) * len(words) + numbers
        used, codes = _compact(together, len(keys) * len(words))
        keys = [(*keys[pair // len(words)], words[pair % len(words)]) for pair in used.tolist()]
    assert codes is not None
    return codes.astype(np.min_scalar_type(max(len(keys) - 1, 0)), copy=False), keys


def _dictionary(column: pa.ChunkedArray) -> tuple[npt.NDArray[Any], list[bytes]]:
    """A column's values that occur, sorted, and for every row which of them it is."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column.cast(pa.string()))
    encoded = column.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    words = [word.encode() for word in encoded.dictionary.to_pylist()]
    indices = encoded.indices.to_numpy()
    # A dictionary may hold more than a slice of the table does.
    occurs = np.zeros(len(words), bool)
    occurs[indices] = True
    order = sorted(np.flatnonzero(occurs).tolist(), key=words.__getitem__)
    rank = np.zeros(len(words), np.min_scalar_type(max(len(words) - 1, 0)))
    rank[order] = np.arange(len(order))
    return rank[indices], [words[which] for which in order]


def _compact(codes: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The codes that occur, ascending, and for every row which of them it is."""
    if size > _DENSE:
        return np.unique(codes, return_inverse=True)
    seen = np.zeros(size, bool)
    seen[codes] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def events_set(grouped: GroupedEvents, schema: Schema) -> EventSet:
    """Events as an event set; features in the order of the schema."""
    names = schema.feature_names()
    data = {}
    for number, key in enumerate(grouped.keys):
        rows = grouped.rows_of(number)
        data[key] = IndexData([grouped.columns[name][rows] for name in names], grouped.seconds[rows])
    return EventSet(data=data, schema=schema)


def moments_set(keys: Sequence[Key], seconds: Seconds, schema: Schema) -> EventSet:
    """The same moments for every series, without features."""
    return EventSet(data={key: IndexData([], seconds) for key in keys}, schema=schema)


def at(data: SeriesData, wanted: Seconds) -> SeriesData:
    """The rows of every series whose times are wanted."""
    chosen: SeriesData = {}
    for key, (seconds, arrays) in data.items():
        mask = np.isin(seconds, wanted)
        chosen[key] = (seconds[mask], [array[mask] for array in arrays])
    return chosen


def to_table(
    index: Sequence[str],
    names: Sequence[str],
    data: SeriesData,
    dtype: type[np.floating[Any]],
) -> pa.Table:
    """Rows sorted by (timestamp, index columns); what is not finite becomes NaN.

    Args:
        index: Names of the index columns.
        names: Names of the features.
        data: What was computed.
        dtype: Type of the feature columns.

    Raises:
        DataError: There are no rows.
    """
    keys = sorted(data)
    sizes = [len(data[key][0]) for key in keys]
    if not sum(sizes):
        raise DataError("no row was computed", hint="the events have no series, or the ticks lie outside")
    seconds = np.concatenate([data[key][0] for key in keys])
    # Series are in order already, and the sort is stable.
    order = np.argsort(seconds, kind="stable")
    series = np.repeat(np.arange(len(keys)), sizes)[order]
    columns: dict[str, Any] = {}
    for position, name in enumerate(index):
        words = pa.array([key[position].decode() for key in keys], pa.string())
        columns[name] = words.take(pa.array(series))
    columns[TIMESTAMP] = pa.array(np.rint(seconds[order] * 1e6).astype(np.int64)).cast(pa.timestamp("us"))
    for position, name in enumerate(names):
        values = np.concatenate([data[key][1][position] for key in keys])[order]
        columns[name] = pa.array(np.where(np.isfinite(values), values, np.nan).astype(dtype))
    return pa.table(columns)
