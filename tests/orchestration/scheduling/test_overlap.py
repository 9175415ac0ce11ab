"""What becomes of a tick while the schedule's last run goes on, and of runs that are too many."""

from __future__ import annotations

import time

from orchestration.scheduling.run_queue import RunRequest


def _running(world, scheduler):
    """Lets the first run of a schedule begin."""
    until = time.monotonic() + 30
    while not world.begun():
        scheduler.run_once()
        assert time.monotonic() < until
        time.sleep(0.05)


def test_skip(world):
    world.seconds = 2
    schedule = world.add("* * * * *", overlap="skip")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    _running(world, scheduler)
    world.pass_by(minutes=1)
    scheduler.run_once()
    assert world.states(schedule) == ["launched", "skipped"]
    assert world.ticks(schedule)[1].note == f"run {world.begun()[0]} was still going"
    world.finish(scheduler)
    assert len(world.begun()) == 1


def test_queue(world):
    world.seconds = 1
    schedule = world.add("* * * * *", overlap="queue")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    _running(world, scheduler)
    world.pass_by(minutes=1)
    scheduler.run_once()
    assert world.states(schedule) == ["launched", "waiting"]
    world.finish(scheduler)
    assert world.states(schedule) == ["done", "done"]


def test_cancel(world):
    """quick_run.py knows no signals, so its run is found dead: what counts is that the next one begins."""
    world.seconds = 30
    schedule = world.add("* * * * *", overlap="cancel")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    _running(world, scheduler)
    world.seconds = 0
    world.pass_by(minutes=1)
    world.finish(world.scheduler(3), seconds=25)
    assert world.states(schedule) == ["done", "done"]
    assert [tick.note for tick in world.ticks(schedule)] == ["the run failed", "the run succeeded"]


def test_only_so_many_runs_are_kept(world):
    schedule = world.add("* * * * *", keep_runs=2, overlap="queue")
    scheduler = world.scheduler()
    for _ in range(4):
        world.pass_by(minutes=1)
        world.finish(scheduler)
    ids = [tick.run_id for tick in world.ticks(schedule)]
    assert sorted(path.name for path in world.home.runs.iterdir()) == sorted(ids[2:])
    assert world.states(schedule) == ["done"] * 4


def test_withdrawn_before_there_was_room(world):
    world.seconds = 1
    first = world.queue.submit(RunRequest("toy"))
    second = world.queue.submit(RunRequest("toy"))
    scheduler = world.scheduler(1)
    scheduler.run_once()
    assert not world.queue.withdraw(first.run_id)
    assert world.queue.withdraw(second.run_id)
    assert not world.queue.withdraw(second.run_id)
    world.finish(scheduler)
    assert world.begun() == [first.run_id]


def test_a_paused_schedule_has_no_ticks_and_goes_on_where_it_is_resumed(world):
    schedule = world.add("* * * * *")
    world.schedules.pause("often")
    world.pass_by(minutes=10)
    world.scheduler().run_once()
    assert world.ticks(schedule) == []
    assert world.schedules.resume("often").next_due == "2026-03-01T12:11:00.000+00:00"


def test_a_removed_schedule_takes_back_what_waits(world):
    schedule = world.add("* * * * *")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(0)
    scheduler.run_once()
    assert world.states(schedule) == ["waiting"]
    world.schedules.remove("often")
    world.scheduler().run_once()
    assert [request.state for request in world.queue.all_requests()] == ["withdrawn"]
    assert world.begun() == []
