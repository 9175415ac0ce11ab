"""When a schedule is due next, and which of its times have passed.

A time that the clocks jump over in spring comes at the first moment after the jump; one that they show
twice in autumn comes once; ``*`` counts in real time, as Debian's cron does it. CronSim does this for five
fields only, so the seconds are dealt with here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from orchestration.cron import parse_cron
from orchestration.scheduling.schedule import CronTrigger, LocalSchedule

# So many times that nobody looked at are written down; the older ones are only told of.
SHOWN_MISSED = 100


def iso(time: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, always as long: text that sorts as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def cron_times(trigger: CronTrigger, after: datetime) -> Iterator[datetime]:
    """The times after a moment, in UTC, in order; each once."""
    cron = parse_cron(trigger.cron, trigger.time_zone)
    seconds = _values(cron.fields[0])
    begin = after.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    last = after
    for minute in CronSim(" ".join(cron.fields[1:]), begin.astimezone(ZoneInfo(cron.zone))):
        for second in seconds:
            time = minute.astimezone(UTC) + timedelta(seconds=second)
            # Several local times become one at a jump, and one of an hour shown twice may lie behind us.
            if time > last:
                last = time
                yield time


def next_times(trigger: CronTrigger, count: int, after: datetime | None = None) -> list[datetime]:
    """The next times in the zone of the trigger, for people."""
    zone = ZoneInfo(trigger.time_zone)
    return [time.astimezone(zone) for time in islice(cron_times(trigger, after or datetime.now(UTC)), count)]


def next_due(schedule: LocalSchedule, after: datetime) -> str:
    """The first time after a moment."""
    trigger = schedule.trigger
    if isinstance(trigger, CronTrigger):
        return iso(next(cron_times(trigger, after)))
    return iso(after + timedelta(seconds=float(trigger.every)))


def due_times(schedule: LocalSchedule, first: datetime, until: datetime) -> list[datetime]:
    """The times from ``first``, itself one of them, to ``until``: the last ones where they are many.

    A schedule of every second that nobody looked at for a year has 31 million of them, so they are
    looked for in a window that ends at ``until`` and grows until enough are in it.
    """
    trigger = schedule.trigger
    if not isinstance(trigger, CronTrigger):
        return [first] if first <= until else []
    wanted = max(schedule.catch_up_limit, SHOWN_MISSED) + 1
    window = timedelta(minutes=1)
    earliest = first - timedelta(microseconds=1)
    while True:
        begin = max(earliest, until - window)
        found = list(takewhile(lambda time: time <= until, cron_times(trigger, begin)))
        if begin == earliest or len(found) >= wanted:
            return found[-wanted:]
        window *= 4


def _values(field: str) -> list[int]:
    """The seconds that the first field of a parsed expression stands for."""
    if field.startswith("*"):
        return list(range(0, 60, int(field.partition("/")[2] or 1)))
    return sorted(int(part) for part in field.split(","))
