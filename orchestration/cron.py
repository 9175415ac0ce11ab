"""Cron expressions as Kubeflow's scheduler reads them: six fields, seconds first.

Kubeflow 2.17 reads them with robfig/cron 1.2.0 in the one zone that its scheduler was started with: an
expression that names a zone of its own (``CRON_TZ=...``) is refused there. So a time of another zone is
moved to the server's, where that can be done for good: between zones whose distance never changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from noria.errors import ConfigError

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Name, smallest and largest value, words for the values.
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_PART = re.compile(r"^(?P<low>\*|\?|\w+)(-(?P<high>\w+))?(/(?P<step>\d+))?$")
_EXAMPLE = "e.g. '0 30 3 * * *' for 3:30 every day; fields: second minute hour day-of-month month day-of-week"
_YEARS = 5


@dataclass(frozen=True)
class Cron:
    """When something is to happen again and again.

    Attributes:
        fields: Second, minute, hour, day of month, month, day of week (0 is Sunday).
        zone: Name of the time zone in which they are meant.
    """

    fields: tuple[str, ...]
    zone: str

    @property
    def text(self) -> str:
        """The six fields."""
        return " ".join(self.fields)

    def next_times(self, count: int, after: datetime | None = None) -> list[datetime]:
        """The next times, in the zone of the expression."""
        begin = (after or datetime.now(UTC)).astimezone(ZoneInfo(self.zone))
        return list(islice(CronSim(self.text, begin), count))

    def moved_to(self, zone: str) -> Cron:
        """The same times, said in another zone.

        Raises:
            ConfigError: The clocks of the zones differ now by this, now by that (summer time), or the
                times would fall on days that the expression cannot name.
        """
        differences = _differences(self.zone, zone)
        if differences == {0}:
            return Cron(self.fields, zone)
        if len(differences) > 1:
            raise ConfigError(
                f"{self.text} in {self.zone} cannot be said in {zone}, the zone of the server: with summer "
                "time their clocks differ now by this, now by that",
                hint=f"set the server's cronScheduleTimezone and the target's time_zone to {self.zone}, or "
                f"give the time in {zone} with --time-zone {zone}",
            )
        return Cron(_shifted(self, zone, differences.pop()), zone)


def parse_cron(text: str, zone: str = "UTC") -> Cron:
    """Reads an expression of six fields, or of five, which are then meant at second 0.

    Raises:
        ConfigError: It is none, or never comes true, or there is no such zone.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"there is no time zone {zone!r}", hint="e.g. UTC or Europe/Berlin") from None
    given = text.split()
    if len(given) == 5:
        given.insert(0, "0")
    if len(given) != len(_FIELDS):
        raise ConfigError(f"cron {text!r}: expected six fields, got {len(given)}", hint=_EXAMPLE)
    fields = tuple(_field(text, value, *kind) for value, kind in zip(given, _FIELDS, strict=True))
    cron = Cron(fields, zone)
    try:
        cron.next_times(1)
    except (CronSimError, StopIteration) as error:
        raise ConfigError(f"cron {text!r} never comes true: {error}", hint=_EXAMPLE) from None
    return cron


def _field(text: str, value: str, name: str, low: int, high: int, words: list[str]) -> str:
    """One field: ``?`` as ``*``, words as numbers, Sunday as 0."""
    parts = []
    for part in value.split(","):
        found = _PART.match(part)
        if found is None:
            raise ConfigError(f"cron {text!r}: {part!r} is no {name}", hint=_EXAMPLE)
        if found["low"] in ("*", "?"):
            parts.append("*" + (f"/{found['step']}" if found["step"] else ""))
            continue
        first = _number(text, found["low"], name, low, words)
        last = _number(text, found["high"], name, low, words) if found["high"] else first
        if found["step"] and not found["high"]:
            last = high
        sunday = name == "day of week" and last == 7
        if not low <= first <= last <= high + sunday or found["step"] == "0":
            raise ConfigError(f"cron {text!r}: {name} {part!r} is not within {low} to {high}", hint=_EXAMPLE)
        values = [
            number % 7 if sunday else number for number in range(first, last + 1, int(found["step"] or 1))
        ]
        parts += [str(number) for number in values]
    return "*" if "*" in parts else ",".join(dict.fromkeys(parts))


def _number(text: str, given: str, name: str, low: int, words: list[str]) -> int:
    if given.isdigit():
        return int(given)
    if given.lower() in words:
        return words.index(given.lower()) + low
    raise ConfigError(f"cron {text!r}: {given!r} is no {name}", hint=_EXAMPLE)


def _differences(zone: str, other: str) -> set[int]:
    """By how many minutes the clocks of ``other`` are ahead, over the coming years."""
    begin = datetime.now(UTC)
    differences = set()
    for day in range(366 * _YEARS):
        at = begin + timedelta(days=day)
        ahead = at.astimezone(ZoneInfo(other)).utcoffset(), at.astimezone(ZoneInfo(zone)).utcoffset()
        assert ahead[0] is not None
        assert ahead[1] is not None
        differences.add(round((ahead[0] - ahead[1]).total_seconds() / 60))
    return differences


def _shifted(cron: Cron, zone: str, minutes: int) -> tuple[str, ...]:
    second, minute, hour, day, month, week_day = cron.fields
    times = [h * 60 + m + minutes for h, m in product(_values(hour, 23), _values(minute, 59))]
    new_hours = {time // 60 % 24 for time in times}
    new_minutes = {time % 60 for time in times}
    days_on = {time // 1440 for time in times}
    any_day = (day, month, week_day) == ("*", "*", "*")
    only_week_days = (day, month) == ("*", "*") and len(days_on) == 1
    fits = len(new_hours) * len(new_minutes) == len(times)
    if not fits or not (any_day or only_week_days or days_on == {0}):
        raise ConfigError(
            f"{cron.text} in {cron.zone} cannot be said in {zone}, the zone of the server: the times fall on "
            "other days or minutes there",
            hint=f"give it in {zone} with --time-zone {zone}, as several schedules if need be",
        )
    if not any_day and days_on != {0}:
        later = next(iter(days_on))
        week_day = _listed({(value + later) % 7 for value in _values(week_day, 6)}, 7)
    return (second, _listed(new_minutes, 60), _listed(new_hours, 24), day, month, week_day)


def _values(field: str, high: int) -> list[int]:
    """The numbers that a field stands for."""
    if field.startswith("*"):
        return list(range(0, high + 1, int(field.partition("/")[2] or 1)))
    return [int(part) for part in field.split(",")]


def _listed(values: set[int], all_of_them: int) -> str:
    return "*" if len(values) == all_of_them else ",".join(map(str, sorted(values)))
