"""What a cron expression means, in words; for uncommon ones, field by field."""

from __future__ import annotations

from orchestration.cron import Cron

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_NAMES = ("second", "minute", "hour", "day of month", "month", "day of week")
# More moments of a day than this are no longer read one by one.
_MOST_TIMES = 6


def in_words(cron: Cron) -> str:
    """E.g. ``at 03:30 on Monday to Friday``; the zone is told where it is not UTC."""
    words = _common(cron) or _field_by_field(cron)
    return f"{words} ({cron.zone})"


def _common(cron: Cron) -> str:
    second, minute, hour, *days = cron.fields
    when, on = _time(second, minute, hour), _days(*days)
    if not when or on is None:
        return ""
    if not on:
        return f"every day {when}" if when.startswith("at ") else when
    return f"{when} {on}"


def _time(second: str, minute: str, hour: str) -> str:
    """The moments of a day; empty where they are uncommon."""
    if (minute, hour) == ("*", "*"):
        if second == "*":
            return "every second"
        if second.startswith("*/"):
            return f"every {second[2:]} seconds"
        return _at_second("every minute", second)
    if minute == "*" or second.startswith("*") or "," in second:
        return ""
    if hour == "*":
        if minute.startswith("*/"):
            step = int(minute[2:])
            # A step that does not divide the hour starts anew at each.
            return _at_second(f"every {step} minutes", second) if 60 % step == 0 else ""
        minutes = _listed([f"{int(m):02d}" for m in minute.split(",")])
        return _at_second(f"every hour at minute {minutes}", second)
    if minute.startswith("*"):
        return ""
    if hour.startswith("*/"):
        step = int(hour[2:])
        if 24 % step or "," in minute:
            return ""
        return _at_second(f"every {step} hours at minute {int(minute):02d}", second)
    times = [f"{int(h):02d}:{int(m):02d}" for h in hour.split(",") for m in minute.split(",")]
    if len(times) > _MOST_TIMES:
        return ""
    if second != "0":
        times = [f"{time}:{int(second):02d}" for time in times]
    return f"at {_listed(times)}"


def _at_second(words: str, second: str) -> str:
    if "," in second:
        return ""
    return words if second == "0" else f"{words}, second {second}"


def _days(day: str, month: str, week_day: str) -> str | None:
    """Which days; empty: all of them; None where they are uncommon."""
    if any(field.startswith("*/") for field in (day, month, week_day)):
        return None
    # Two such fields mean: either.
    if day != "*" and week_day != "*":
        return None
    of = "" if month == "*" else f" in {_listed([_MONTHS[int(m) - 1] for m in month.split(',')])}"
    if week_day != "*":
        return f"on {_week_days(sorted({int(d) for d in week_day.split(',')}))}{of}"
    if day != "*":
        days = _listed([_ordinal(int(d)) for d in day.split(",")])
        return f"on the {days}{of or ' of every month'}"
    return f"every day{of}" if of else ""


def _week_days(days: list[int]) -> str:
    if days == [0, 6]:
        return "Saturday and Sunday"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    return _listed([_DAYS[day] for day in days])


def _ordinal(number: int) -> str:
    last = 0 if number in (11, 12, 13) else number % 10
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _field_by_field(cron: Cron) -> str:
    told = [f"{name} {value}" for name, value in zip(_NAMES, cron.fields, strict=True) if value != "*"]
    return "; ".join(told)
