"""Tests of components/event_ingest/timestamps.py and timestamp_text.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.event_ingest.config import TimestampConfig
from components.event_ingest.timestamps import OF_SOURCE_ZONE, Times, read_times
from noria.errors import DataError

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


def _read(values: Any, **settings: str) -> Times:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    return read_times(column, TimestampConfig.model_validate(settings))


def _wall(values: Any, **settings: str) -> list[datetime | None]:
    return _read(values, **settings).wall.to_pylist()  # type: ignore[no-any-return]


def test_iso_notations() -> None:
    noon = datetime(2017, 3, 5, 12)
    texts = [
        "2017-03-05 12:00:00",
        "2017-03-05T12",
        "2017-03-05T12:00",
        " 2017-03-05 12:00 ",
        "2017-03-05T1200",
    ]
    assert _wall(texts) == [noon] * 5
    assert _wall(["2017-03-05"]) == [datetime(2017, 3, 5)]
    zoned = [
        "2017-03-05T12:00Z",
        "2017-03-05 13:00:00+01:00",
        "2017-03-05T07:00-0500",
        "2017-03-05 14:00 +02",
    ]
    assert _wall(zoned) == [noon] * 4
    micros = datetime(2017, 3, 5, 12, 0, 0, 120_000)
    # Beside a text that takes the thorough way, and alone.
    assert _wall(["2017-03-05 12:00:00.12", "2017-03-05 12:00:00.1200009", "x"]) == [micros, micros, None]
    assert _wall(["2017-03-05 12:00:00.12"]) == [micros]


@pytest.mark.parametrize(
    "text",
    [
        *("x", "17-01-01", "2017-02-29", "2017-02-30 10:00", "2017-13-01", "2017-01-32", "1/2/2017"),
        *("2017-01-01 25:00", "2017-01-01 10:60", "2017-01-01+01:00", "2017-01-01 10:00 +24:00"),
        "2017-01-01 10:00 Z+01",
    ],
)
def test_what_is_no_iso_time_is_unparsable(text: str) -> None:
    times = _read([text, "2016-02-29", None, "  "])
    assert times.wall.to_pylist() == [None, datetime(2016, 2, 29), None, None]
    assert times.unparsable.tolist() == [True, False, False, False]
    assert times.missing.tolist() == [False, False, True, True]


def test_strptime() -> None:
    form = "%m/%d/%Y %H:%M"
    texts = [
        "12/1/2010 8:26",
        "2/29/2012 00:00",
        "2/30/2012 00:00",
        "4/31/2012 1:00",
        "1/13/2012 x",
        "13/1/2012 1:00",
        "12/1/10 8:26",
    ]
    expected = [datetime(2010, 12, 1, 8, 26), datetime(2012, 2, 29), None, None, None, None, None]
    times = _read(texts, format=form)
    assert times.wall.to_pylist() == expected
    assert times.unparsable.tolist() == [False, False, True, True, True, True, True]
    assert _wall(["03 Mar 2012 01:05 PM"], format="%d %b %Y %I:%M %p") == [datetime(2012, 3, 3, 13, 5)]


def test_strptime_with_an_offset() -> None:
    times = _read(["1.2.2017 10:00 +0300", "1.2.2017 10:00", "1.2.2017 10:00Z"], format="%d.%m.%Y %H:%M %z")
    assert times.wall.to_pylist() == [datetime(2017, 2, 1, 7), None, datetime(2017, 2, 1, 10)]
    assert times.unparsable.tolist() == [False, True, False]


def test_epoch() -> None:
    moment = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    expected = [datetime(2017, 1, 1), datetime(2017, 1, 1, 0, 0, 1, 500_000)]
    assert _wall([moment, moment + 1.5], format="epoch") == expected
    assert _wall([str(moment), str(moment + 1.5)], format="epoch") == expected
    assert _wall([int(moment * 1000)], format="epoch_ms") == expected[:1]
    times = _read(["1e300", "soon", None, "nan", "inf"], format="epoch")
    assert times.wall.null_count == 5
    assert times.unparsable.tolist() == [True, True, False, False, True]
    with pytest.raises(DataError, match=r"holds int64, which timestamp\.format=iso does not read") as error:
        _read([1], column="time")
    assert "format=epoch" in error.value.hint


def test_typed_columns() -> None:
    at = datetime(2017, 7, 1, 12)
    nanos = pa.array([at]).cast(pa.timestamp("ns"))
    assert _wall(nanos) == [at]
    assert _wall(nanos, time_zone="Europe/Berlin") == [at + timedelta(hours=2)]
    zoned = pa.array([at.replace(tzinfo=UTC)], pa.timestamp("ms", "America/New_York"))
    # A zone that the column states is not overruled.
    assert _wall(zoned, source_zone="Asia/Kolkata") == [at]
    assert _wall(pa.array([date(2017, 7, 1), None])) == [datetime(2017, 7, 1), None]


def test_clocks_that_skip_an_hour() -> None:
    texts = ["2017-03-26 01:59:59", "2017-03-26 02:00:00", "2017-03-26 02:30:00", "2017-03-26 03:00:00"]
    times = _read(texts, source_zone="Europe/Berlin")
    assert times.nonexistent.tolist() == [False, True, True, False]
    assert not times.ambiguous.any()
    assert times.wall.to_pylist() == [datetime(2017, 3, 26, 0, 59, 59), *[datetime(2017, 3, 26, 1)] * 3]
    # On the same clock nothing is converted, so nothing is moved.
    same = _read(texts, source_zone="Europe/Berlin", time_zone="Europe/Berlin")
    assert same.nonexistent.tolist() == [False, True, True, False]
    assert [str(t) for t in same.wall.to_pylist()] == texts


def test_clocks_that_show_an_hour_twice() -> None:
    texts = ["2017-10-29 01:59:59", "2017-10-29 02:00:00", "2017-10-29 02:59:59", "2017-10-29 03:00:00"]
    times = _read(texts, source_zone="Europe/Berlin")
    assert times.ambiguous.tolist() == [False, True, True, False]
    assert not times.nonexistent.any()
    # The first time that they showed it, clocks were two hours ahead.
    assert [t.hour for t in times.wall.to_pylist()] == [23, 0, 0, 2]
    stated = _read(["2017-10-29 02:30:00+01:00"], source_zone="Europe/Berlin")
    assert stated.wall.to_pylist() == [datetime(2017, 10, 29, 1, 30)]
    assert not stated.ambiguous.any()


def test_offsets_of_the_source_zone_are_of_one_zone() -> None:
    texts = ["2017-01-01 10:00+01:00", "2017-07-01 10:00+02:00", "2017-07-01 10:00", "2017-07-01 10:00+01:00"]
    times = _read(texts, source_zone="Europe/Berlin", time_zone="Europe/Berlin")
    assert times.offset.tolist() == [OF_SOURCE_ZONE, OF_SOURCE_ZONE, OF_SOURCE_ZONE, 60]
    assert [t.hour for t in times.wall.to_pylist()] == [10, 10, 10, 11]
    west = _read(["2017-01-01 10:00-03:30"])
    assert west.offset.tolist() == [-210]


@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)),
    source=st.sampled_from(ZONES),
    target=st.sampled_from(ZONES),
    minutes=st.integers(-12 * 60, 14 * 60),
)
def test_any_zone_as_the_standard_library_has_it(
    moment: datetime, source: str, target: str, minutes: int
) -> None:
    instant = moment.replace(tzinfo=UTC)
    expected = instant.astimezone(ZoneInfo(target)).replace(tzinfo=None)
    stated = instant.astimezone(timezone(timedelta(minutes=minutes)))
    settings = {"source_zone": source, "time_zone": target}
    assert _wall([stated.isoformat()], **settings) == [expected]
    local = instant.astimezone(ZoneInfo(source))
    times = _read([local.replace(tzinfo=None).isoformat(" ")], **settings)
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    assert times.ambiguous.tolist() == [twice]
    assert times.nonexistent.tolist() == [False]
    if not (twice and local.fold):
        assert times.wall.to_pylist() == [expected]
