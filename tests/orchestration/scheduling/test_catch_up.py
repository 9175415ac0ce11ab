"""Times that passed while nobody looked, clocks that jump, and zones whose clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from orchestration.scheduling.due_times import due_times
from orchestration.scheduling.schedule import LocalSchedule

QUARTER = "*/15 * * * *"


@pytest.mark.parametrize(("policy", "limit", "runs"), [("latest", 20, 1), ("all", 20, 20), ("none", 20, 0)])
def test_down_for_six_hours(world, policy, limit, runs):
    schedule = world.add(QUARTER, catch_up=policy, catch_up_limit=limit, overlap="queue")
    # Not at a quarter itself: that would be on time.
    world.pass_by(hours=6, minutes=5)
    scheduler = world.scheduler(max_running=4)
    scheduler.run_once()
    states = world.states(schedule)
    assert len(states) == 24
    assert states[: 24 - runs] == ["missed"] * (24 - runs)
    assert len(world.queue.all_requests(100)) == runs
    # The schedule goes on at the next quarter, once.
    world.pass_by(minutes=10)
    for _ in range(3):
        scheduler.run_once()
    assert world.ticks(schedule)[-1].due == "2026-03-01T18:15:00.000+00:00"
    assert len(world.states(schedule)) == 25
    world.finish(scheduler)
    assert len(world.begun()) == len(set(world.begun())) == runs + 1


def test_only_the_newest_of_all_that_were_missed(world):
    schedule = world.add(QUARTER, catch_up="all", catch_up_limit=3)
    world.pass_by(hours=6, minutes=5)
    world.finish(world.scheduler())
    assert [tick.due[11:16] for tick in world.ticks(schedule) if tick.run_id] == ["17:30", "17:45", "18:00"]
    assert len(world.begun()) == 3


def test_down_for_a_year_with_every_second(sqlite_world):
    schedule = sqlite_world.add("* * * * * *", catch_up="latest")
    sqlite_world.pass_by(days=365)
    sqlite_world.scheduler().run_once()
    ticks = sqlite_world.ticks(schedule)
    assert len(ticks) == 101
    assert ticks[-1].due == "2027-03-01T12:00:00.000+00:00"


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
)
@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "0 3 * * *"])
def test_summer_time_begins_and_ends(sqlite_world, day, cron):
    """Looked at every 7 minutes or once afterwards: the same times, each once."""
    world = sqlite_world
    world.moment = day
    looked_at_often = world.add(cron, "Europe/Berlin", overlap="queue", catch_up="all")
    scheduler = world.scheduler()
    scheduler._launcher.launch = lambda: None  # Ticks are what this is about.
    for _ in range(36 * 60 // 7):
        world.pass_by(minutes=7)
        scheduler.run_once()
    made = [datetime.fromisoformat(tick.due) for tick in world.ticks(looked_at_often)]
    assert len(set(made)) == len(made)
    trigger = {"kind": "cron", "cron": cron, "time_zone": "Europe/Berlin"}
    same = LocalSchedule(name="x", pipeline="toy", trigger=trigger, catch_up_limit=1000)
    first = made[0]
    assert made == due_times(same, first, world.moment)
    local = [time.astimezone(ZoneInfo("Europe/Berlin")) for time in made]
    if cron != "*/20 * * * *":
        # One a day, on each of the two mornings.
        assert (
            [time.day for time in local] == [day.day + 1] if len(local) == 1 else [day.day + 1, day.day + 2]
        )
    else:
        # Real time knows no jump.
        assert {b - a for a, b in pairwise(made)} == {timedelta(minutes=20)}


def test_a_clock_set_back_an_hour(world):
    schedule = world.add(QUARTER, overlap="queue")
    scheduler = world.scheduler(max_running=4)
    for _ in range(8):
        world.pass_by(minutes=15)
        scheduler.run_once()
    world.pass_by(hours=-1)
    for _ in range(8):
        world.pass_by(minutes=15)
        scheduler.run_once()
    dues = [tick.due[11:16] for tick in world.ticks(schedule)]
    assert dues == [f"{12 + n // 4}:{n % 4 * 15:02}" for n in range(1, 13)]
    world.finish(scheduler)
    assert len(world.begun()) == 12
