"""Ticks at multiples from local midnight, periods that end at them, and what does not fit into the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.temporal_features.time_grid import TimeGrid
from noria.errors import ConfigError, DataError
from tests.components.temporal_features.events import config


def micros(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))


def grid(first: str, last: str, **changes: Any) -> TimeGrid:
    return TimeGrid.over(micros(first), micros(last), config(**changes))


def texts(seconds: np.ndarray) -> list[str]:
    return [str(moment) for moment in seconds.astype("datetime64[s]").astype("datetime64[m]")]


def test_days() -> None:
    days = grid("2024-02-27T10:00", "2024-03-01T23:59", history="2d")
    expected = ["2024-02-28T00:00", "2024-02-29T00:00", "2024-03-01T00:00", "2024-03-02T00:00"]
    assert texts(days.ticks) == expected
    assert texts(days.period_ends) == expected
    assert texts(days.ticks[days.ticks >= days.first_row]) == expected[1:]


def test_midnight_belongs_to_the_day_before() -> None:
    days = grid("2024-02-27T00:00", "2024-03-01T00:00")
    assert texts(days.ticks)[0] == "2024-02-27T00:00"
    assert texts(days.ticks)[-1] == "2024-03-01T00:00"
    just_after = grid("2024-02-27T00:00:00.000001", "2024-03-01T00:00:00.000001")
    assert texts(just_after.ticks)[0] == "2024-02-28T00:00"
    assert texts(just_after.ticks)[-1] == "2024-03-02T00:00"


@pytest.mark.parametrize(("start", "first"), [("monday", "2024-03-04"), ("sunday", "2024-03-03")])
def test_weeks_start_at_a_weekday(start: str, first: str) -> None:
    weeks = grid(
        "2024-02-28T10:00", "2024-03-11T10:00", tick="7d", horizon="7d", start=start, features=HOURLY
    )
    assert texts(weeks.ticks)[0] == f"{first}T00:00"
    assert np.all(np.diff(weeks.ticks) == 7 * 86_400)
    assert texts(weeks.period_ends)[0] == "2024-02-29T00:00"
    assert weeks.period_ends[-1] == weeks.ticks[-1]


def test_hours_before_1970() -> None:
    hours = grid("1969-12-31T21:30", "1969-12-31T23:10", tick="1h", horizon="2h", features=HOURLY)
    assert texts(hours.ticks) == ["1969-12-31T22:00", "1969-12-31T23:00", "1970-01-01T00:00"]


HOURLY = {"level": {"op": "moving_sum", "of": "amount", "window": "1h"}}


def test_no_history_is_told() -> None:
    with pytest.raises(DataError, match="no tick is left: the events span 3d, and history is 9d"):
        grid("2024-02-27T10:00", "2024-02-29T10:00", history="9d").require_rows(config(history="9d"))


def test_a_horizon_past_the_end_is_told() -> None:
    short = grid("2024-02-27T10:00", "2024-02-29T10:00")
    short.require_rows(config())
    with pytest.raises(DataError, match=r"no row has a label: .* horizon of 3d goes past the end"):
        short.require_rows(config(horizon="3d"))


def test_windows_longer_than_the_data_fail_or_are_told() -> None:
    features = {
        "level": {"op": "moving_sum", "of": "amount", "window": "2d"},
        "long": {"op": "moving_sum", "of": "amount", "window": "3d", "lag": "1d"},
    }
    short = grid("2024-02-27T10:00", "2024-02-29T10:00")
    assert short.long_windows(config(features)) == {"long": "4d"}
    with pytest.raises(ConfigError, match=r"further than the data's 3d: long \(4d\)"):
        short.long_windows(config(features, on_long_window="fail"))
