"""Cron expressions: what is taken, what is refused, what they mean in another zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noria.errors import ConfigError
from orchestration.cron import parse_cron

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)

# Seen with robfig/cron 1.2.0 in Go: the next three times after BEGIN.
SEEN_IN_GO = {
    "0 30 3 * * *": ["03-01T03:30:00", "03-02T03:30:00", "03-03T03:30:00"],
    "0 0 3 ? * MON-FRI": ["03-02T03:00:00", "03-03T03:00:00", "03-04T03:00:00"],
    "0 0 3 1 * MON": ["03-01T03:00:00", "03-02T03:00:00", "03-09T03:00:00"],
    "0 0 3 */10 * MON": ["05-11T03:00:00", "06-01T03:00:00", "08-31T03:00:00"],
    "0 5/15 * * * *": ["03-01T00:05:00", "03-01T00:20:00", "03-01T00:35:00"],
    "0 0 3 * jan-mar sun": ["03-01T03:00:00", "03-08T03:00:00", "03-15T03:00:00"],
}


@pytest.mark.parametrize(("text", "times"), SEEN_IN_GO.items())
def test_means_what_it_means_to_the_scheduler(text, times):
    found = parse_cron(text).next_times(3, BEGIN)
    assert [time.isoformat()[5:19] for time in found] == times


def test_five_fields_are_meant_at_second_zero():
    # Kubeflow itself would read the first of five as seconds.
    assert parse_cron("30 3 * * *").text == "0 30 3 * * *"


@pytest.mark.parametrize(
    ("given_text", "sent"),
    [("0 0 3 * * 7", "0 0 3 * * 0"), ("0 0 3 * * 5-7", "0 0 3 * * 5,6,0"), ("0 0 3 ? * ?", "0 0 3 * * *")],
)
def test_what_the_scheduler_refuses_is_said_otherwise(given_text, sent):
    assert parse_cron(given_text).text == sent


@pytest.mark.parametrize(
    "text",
    [
        *("@daily", "", "0 30 3 * *  * *", "CRON_TZ=UTC 0 30 3 * * *", "60 0 3 * * *", "0 0 24 * * *"),
        *("0 0 22-2 * * *", "0 0 3 L * *", "0 0 3 * * 1#2", "0 0 3 31 2 *", "0 0/0 3 * * *", "0 0 3 0 * *"),
        *("0 0 3 * * 8", "0 0 3 * foo *", "0 a 3 * * *", "0 1-2-3 3 * * *"),
    ],
)
def test_refused(text):
    with pytest.raises(ConfigError, match="cron"):
        parse_cron(text)


def test_unknown_zone():
    with pytest.raises(ConfigError, match="there is no time zone 'Mars/Olympus'"):
        parse_cron("0 0 3 * * *", "Mars/Olympus")


# Zones whose clocks have long stood still.
FIXED = ("UTC", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu", "America/Phoenix", "Pacific/Kiritimati")


@given(
    st.sampled_from(["0", "*/20", "15,30"]),
    st.sampled_from(["0", "30", "*", "*/15", "5-10", "17"]),
    st.sampled_from(["3", "*", "9-17", "0,12", "22", "*/6"]),
    st.sampled_from(["*", "MON", "1-5", "SAT,SUN", "7"]),
    st.sampled_from(FIXED),
    st.sampled_from(FIXED),
)
def test_moved_to_another_zone_it_means_the_same(second, minute, hour, week_day, zone, other):
    cron = parse_cron(f"{second} {minute} {hour} * * {week_day}", zone)
    try:
        moved = cron.moved_to(other)
    except ConfigError:
        # Some cannot be said there; which, the next test says.
        return
    assert moved.zone == other
    # Said in the form that is sent, it is read the same.
    read_again = parse_cron(moved.text, other)
    times = cron.next_times(50, BEGIN)
    assert [time.astimezone(UTC) for time in read_again.next_times(50, BEGIN)] == [
        time.astimezone(UTC) for time in times
    ]


def test_moves_that_cannot_be():
    with pytest.raises(ConfigError, match="with summer time"):
        parse_cron("0 30 3 * * *", "Europe/Berlin").moved_to("UTC")
    with pytest.raises(ConfigError, match="other days or minutes"):
        parse_cron("0 30 3 1 * *", "Asia/Tokyo").moved_to("UTC")
    with pytest.raises(ConfigError, match="other days or minutes"):
        parse_cron("0 0,45 3 * * *", "Asia/Kolkata").moved_to("UTC")
    assert parse_cron("0 30 13 1 * *", "Asia/Tokyo").moved_to("UTC").text == "0 30 4 1 * *"


def test_times_are_in_the_zone():
    [time] = parse_cron("0 30 3 * * *", "Europe/Berlin").next_times(1, datetime(2026, 7, 1, tzinfo=UTC))
    assert time == datetime(2026, 7, 1, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))
