"""What becomes of a tick while the schedule's last run goes on, and of runs that are too many."""

from __future__ import annotations

from orchestration.scheduling.run_queue import RunRequest


def test_skip(world):
    world.hold()
    schedule = world.add("* * * * *", overlap="skip")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    world.begins(scheduler)
    world.pass_by(minutes=1)
    scheduler.run_once()
    assert world.states(schedule) == ["launched", "skipped"]
    assert world.ticks(schedule)[1].note == f"run {world.begun()[0]} was still going"
    world.let_go()
    world.finish(scheduler)
    assert len(world.begun()) == 1


def test_queue(world):
    world.hold()
    schedule = world.add("* * * * *", overlap="queue")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    world.begins(scheduler)
    world.pass_by(minutes=1)
    scheduler.run_once()
    assert world.states(schedule) == ["launched", "waiting"]
    world.let_go()
    world.finish(scheduler)
    assert world.states(schedule) == ["done", "done"]


def test_cancel(world):
    """quick_run.py knows no signals, so its run is found dead: what counts is that the next one begins."""
    world.hold()
    schedule = world.add("* * * * *", overlap="cancel")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(3)
    world.begins(scheduler)
    # The first run is held still, the next one is not.
    (world.home.root / "hold").unlink()
    world.pass_by(minutes=1)
    world.finish(world.scheduler(3))
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
