"""Cron in words: common forms as people say them, others field by field, and never a wrong word."""

from __future__ import annotations

import pytest

from dashboard.services.cron_words import in_words
from orchestration.cron import parse_cron


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "every minute"),
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every 10 seconds"),
        ("30 * * * * *", "every minute, second 30"),
        ("*/15 * * * *", "every 15 minutes"),
        ("5 * * * *", "every hour at minute 05"),
        ("0,30 * * * *", "every hour at minute 00 and 30"),
        ("0 */6 * * *", "every 6 hours at minute 00"),
        ("30 3 * * *", "every day at 03:30"),
        ("15 30 3 * * *", "every day at 03:30:15"),
        ("0 8,20 * * *", "every day at 08:00 and 20:00"),
        ("0 3 * * mon", "at 03:00 on Monday"),
        ("0 3 * * 1-5", "at 03:00 on Monday to Friday"),
        ("0 3 * * 6,7", "at 03:00 on Saturday and Sunday"),
        ("0 3 * * 1,3", "at 03:00 on Monday and Wednesday"),
        ("0 3 1 * *", "at 03:00 on the 1st of every month"),
        ("0 3 2,11,23 * *", "at 03:00 on the 2nd, 11th and 23rd of every month"),
        ("0 3 1 jan,jul *", "at 03:00 on the 1st in January and July"),
        ("0 3 * 12 *", "at 03:00 every day in December"),
        ("*/15 * * * 1-5", "every 15 minutes on Monday to Friday"),
    ],
)
def test_common_forms(cron, words):
    assert in_words(parse_cron(cron)) == f"{words} (UTC)"


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        # Every 7 minutes it is not: 56 is followed by 0.
        ("*/7 * * * *", "second 0; minute */7"),
        ("0 */5 * * *", "second 0; minute 0; hour */5"),
        # Either of both, which no short sentence says clearly.
        ("0 3 1 * mon", "second 0; minute 0; hour 3; day of month 1; day of week 1"),
        ("*/15 8-18 * * *", "second 0; minute */15; hour 8,9,10,11,12,13,14,15,16,17,18"),
        ("* 3 * * *", "second 0; hour 3"),
    ],
)
def test_uncommon_forms_are_told_by_field(cron, words):
    assert in_words(parse_cron(cron)) == f"{words} (UTC)"


def test_the_zone_is_told():
    assert in_words(parse_cron("0 3 * * *", "Europe/Berlin")) == "every day at 03:00 (Europe/Berlin)"
