"""Timestamps of any notation as wall-clock time of one zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from components.event_ingest.config import TimestampConfig
from components.event_ingest.numbers import Mask, blank_to_null, mask, read_numbers
from components.event_ingest.timestamp_text import read_iso, read_strptime
from noria.errors import DataError

LOCAL = pa.timestamp("us")
# In Times.offset: the row is of source_zone, by saying nothing or by stating what that zone has.
OF_SOURCE_ZONE = np.iinfo(np.int16).min

_PER_SECOND = {"epoch": 1_000_000, "epoch_ms": 1_000}


@dataclass(frozen=True)
class Times:
    """A column of timestamps.

    Attributes:
        wall: timestamp[us] without zone: wall-clock time of ``time_zone``; null where there is none.
        missing: Rows without a timestamp.
        unparsable: Rows whose timestamp does not fit the format.
        nonexistent: Rows whose time source_zone's clocks skipped.
        ambiguous: Rows whose time source_zone's clocks showed twice.
        offset: int16 minutes east of UTC that a row states, or OF_SOURCE_ZONE.
    """

    wall: pa.Array
    missing: Mask
    unparsable: Mask
    nonexistent: Mask
    ambiguous: Mask
    offset: npt.NDArray[np.int16]


def read_times(column: pa.Array, config: TimestampConfig) -> Times:
    """Reads a column of text, numbers, dates or timestamps.

    Times that state an offset, or whose column has a zone, or that count from 1970, are moments; the others
    are read off the clocks of ``source_zone``. A time that those clocks skipped is taken for the moment when
    they did, one that they showed twice for the first of the two. Where ``time_zone`` is ``source_zone``,
    nothing is converted, so such times stay as they are written.

    Raises:
        DataError: The column holds neither, or numbers where the format is not of numbers.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        missing = mask(column.is_null())
        if pa.types.is_timestamp(column.type) and column.type.tz:
            return _of_moments(column.cast(pa.timestamp("us", column.type.tz), safe=False), missing, config)
        return _of_clock(column.cast(LOCAL, safe=False), None, missing, config)
    is_text = pa.types.is_string(column.type)
    if config.format in _PER_SECOND:
        numbers = read_numbers(column)
        moments = _since_1970(numbers.values, _PER_SECOND[config.format])
        return _of_moments(moments, numbers.missing, config)
    if not is_text:
        raise DataError(
            f"timestamp.column={config.column} holds {column.type}, which timestamp.format={config.format} "
            "does not read",
            hint="set timestamp.format=epoch for seconds since 1970, epoch_ms for milliseconds",
        )
    text = blank_to_null(column)
    local, offset = read_iso(text) if config.format == "iso" else read_strptime(text, config.format)
    return _of_clock(local, offset, mask(text.is_null()), config)


def _since_1970(numbers: pa.Array, scale: int) -> pa.Array:
    # Beyond the years that Arrow's calendar and other programs know, a number is no time.
    micros = pc.round(pc.multiply(numbers, float(scale)))
    micros = pc.if_else(pc.less(pc.abs(micros), 2.5e17), micros, None)
    return micros.cast(pa.int64()).cast(pa.timestamp("us", "UTC"))


def _of_moments(moments: pa.Array, missing: Mask, config: TimestampConfig) -> Times:
    none = np.zeros(len(moments), bool)
    wall = pc.local_timestamp(moments.cast(pa.timestamp("us", config.time_zone)))
    offset = np.full(len(moments), OF_SOURCE_ZONE, np.int16)
    return Times(wall, missing, mask(wall.is_null()) & ~missing, none, none.copy(), offset)


def _of_clock(local: pa.Array, offset: pa.Array | None, missing: Mask, config: TimestampConfig) -> Times:
    """``local`` as on some clock; ``offset`` in minutes where a row states one."""
    zone = config.source_zone
    moments = _assume(local, zone, "earliest")
    if zone == "UTC":
        nonexistent, ambiguous = np.zeros(len(local), bool), np.zeros(len(local), bool)
    else:
        read_back = pc.local_timestamp(moments)
        nonexistent = mask(pc.fill_null(pc.not_equal(read_back, local), False))
        later = _assume(local, zone, "latest")
        ambiguous = mask(pc.fill_null(pc.not_equal(moments, later), False)) & ~nonexistent
    wall = local if zone == config.time_zone else _wall(moments, config.time_zone)
    stated = np.full(len(local), OF_SOURCE_ZONE, np.int16)
    if offset is not None and offset.null_count < len(offset):
        states = offset.is_valid()
        ahead = pc.multiply(offset, 60_000_000).cast(pa.duration("us"))
        moments = pc.subtract(local, ahead).cast(pa.timestamp("us", "UTC"))
        wall = pc.if_else(states, _wall(moments, config.time_zone), wall)
        of_zone = pc.equal(pc.subtract(_wall(moments, zone), _wall(moments, "UTC")), ahead)
        differs = mask(pc.fill_null(pc.invert(of_zone), False))
        stated[differs] = pc.fill_null(offset, 0).to_numpy()[differs]
        nonexistent &= ~mask(states)
        ambiguous &= ~mask(states)
    return Times(wall, missing, mask(wall.is_null()) & ~missing, nonexistent, ambiguous, stated)


def _assume(local: pa.Array, zone: str, ambiguous: str) -> pa.Array:
    return pc.assume_timezone(local, zone, ambiguous=ambiguous, nonexistent="latest")


def _wall(moments: pa.Array, zone: str) -> pa.Array:
    return pc.local_timestamp(moments.cast(pa.timestamp("us", zone)))
