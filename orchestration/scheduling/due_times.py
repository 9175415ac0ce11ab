"""When a schedule is due next, and which of its times have passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from orchestration.cron import parse_cron
from orchestration.scheduling.schedule import CronTrigger, LocalSchedule

# So many times that nobody looked at are written down; the older ones are only told of.
SHOWN_MISSED = 100


def iso(time: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, always as long: text that sorts as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def next_due(schedule: LocalSchedule, after: datetime) -> str:
    """The first time after a moment."""
    trigger = schedule.trigger
    if isinstance(trigger, CronTrigger):
        return iso(parse_cron(trigger.cron, trigger.time_zone).next_times(1, after)[0])
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
    cron = parse_cron(trigger.cron, trigger.time_zone)
    window = timedelta(minutes=1)
    # A moment before, because cron counts from after its start.
    earliest = first - timedelta(seconds=1)
    while True:
        begin = max(earliest, until - window)
        times = CronSim(cron.text, begin.astimezone(ZoneInfo(cron.zone)))
        found = [t.astimezone(UTC) for t in takewhile(lambda t: t <= until, times)]
        found = [t for t in found if t >= first]
        if begin == earliest or len(found) >= wanted:
            return found[-wanted:]
        window *= 4
