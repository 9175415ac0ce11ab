"""A scheduler that dies anywhere, and several of them at once: one run per tick."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest

from noria.journal import read_journal
from orchestration.run_catalog import all_runs

FAULTS = (
    "before the tick is created",
    "tick created",
    "run recorded",
    "process launched",
    "before the tick is done",
    "tick done",
)
DEAD = -9


def _everything_once(world, schedule, count):
    ticks = world.ticks(schedule)
    assert len(ticks) == count
    assert {tick.state for tick in ticks} == {"done"}
    assert len({tick.run_id for tick in ticks}) == count
    assert sorted(world.begun()) == sorted(tick.run_id for tick in ticks)


@pytest.mark.parametrize("fault", FAULTS)
def test_killed_at_one_point(world, fault):
    schedule = world.add("* * * * *", overlap="queue")
    world.pass_by(minutes=1)
    died = [world.start(world.moment.isoformat(), "--passes", 10_000, fault=fault) for _ in range(1)]
    assert [process.wait() for process in died] == [DEAD]
    world.finish(world.scheduler())
    _everything_once(world, schedule, 1)


def test_killed_between_the_start_of_the_process_and_its_claim_a_late_process_ends_quietly(world):
    """Of the two launches' processes, one is the run."""
    schedule = world.add("* * * * *")
    world.hold()
    world.pass_by(minutes=1)
    for _ in range(2):
        assert world.start(world.moment.isoformat(), fault="process launched").wait() == DEAD
    world.let_go()
    world.finish(world.scheduler())
    _everything_once(world, schedule, 1)


@pytest.mark.slow
def test_a_hundred_ticks_with_a_scheduler_that_dies_again_and_again(sqlite_world):
    world = sqlite_world
    schedule = world.add("* * * * *", overlap="queue", catch_up="all", catch_up_limit=100)
    choice = random.Random(1)
    died = 0
    for _ in range(50):
        times = []
        for _ in range(2):
            world.pass_by(minutes=1)
            times.append(world.moment.isoformat())
        fault = choice.choice(FAULTS)
        died += world.start(*times, "--passes", 2, "--max", 4, fault=fault).wait() == DEAD
    # 19 of the faults strike before a run is launched; the others want runs that are fast enough.
    assert died >= 19
    world.finish(world.scheduler(4))
    _everything_once(world, schedule, 100)


@pytest.mark.slow
def test_two_schedulers_and_two_hundred_ticks(world):
    schedules = [world.add("* * * * *", name=f"number {n}", overlap="queue") for n in range(4)]
    times = [(world.moment + timedelta(minutes=n)).isoformat() for n in range(1, 51)]
    both = [world.start(*times, "--max", 4) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    world.pass_by(minutes=50)
    world.finish(world.scheduler(4))
    ticks = [tick for schedule in schedules for tick in world.ticks(schedule)]
    assert len(ticks) == 200
    assert {tick.state for tick in ticks} == {"done"}
    assert sorted(world.begun()) == sorted({tick.run_id for tick in ticks})
    assert len(world.begun()) == 200


@pytest.mark.slow
def test_fifty_at_once_and_room_for_one(sqlite_world):
    from concurrent.futures import ThreadPoolExecutor

    from orchestration.scheduling.run_queue import RunRequest

    world = sqlite_world
    with ThreadPoolExecutor(50) as pool:
        asked = list(pool.map(lambda _: world.queue.submit(RunRequest("toy")), range(50)))
    schedulers = [world.start(world.moment.isoformat(), "--passes", 200) for _ in range(2)]
    world.finish(world.scheduler())
    for process in schedulers:
        process.terminate()
        process.wait()
    begun = read_journal(world.home.root / "begun.jsonl")
    ended = read_journal(world.home.root / "ended.jsonl")
    assert sorted(entry["run"] for entry in begun) == sorted(request.run_id for request in asked)
    # The next one begins after the one before has ended.
    assert all(later["at"] > earlier["at"] for earlier, later in zip(ended, begun[1:], strict=False))
    assert len(ended) == 50
    assert {request.outcome for request in world.queue.all_requests()} == {"succeeded"}


def test_runs_go_on_without_the_scheduler_and_the_next_one_knows_their_state(world):
    world.hold()
    schedule = world.add("* * * * *")
    world.pass_by(minutes=1)
    process = world.start(world.moment.isoformat(), "--passes", 10_000)
    world.begins()
    process.kill()
    process.wait()
    assert [run.state for run in all_runs(world.home)] == ["running"]
    world.let_go()
    world.finish(world.scheduler())
    assert [run.state for run in all_runs(world.home)] == ["succeeded"]
    _everything_once(world, schedule, 1)


def test_a_run_that_is_killed_is_known_to_have_failed(sqlite_world):
    import os
    import signal

    from noria.locks import lock_holder
    from orchestration.run_record import RunFolder

    world = sqlite_world
    world.hold()
    schedule = world.add("* * * * *")
    world.pass_by(minutes=1)
    scheduler = world.scheduler()
    world.begins(scheduler)
    os.kill(lock_holder(RunFolder(world.home.runs / world.begun()[0]).lock), signal.SIGKILL)
    world.finish(scheduler)
    assert world.ticks(schedule)[0].note == "the run failed"


def test_a_process_that_ends_before_there_is_a_run(sqlite_world):
    world = sqlite_world
    schedule = world.add("* * * * *", pipeline="unknown")
    world.pass_by(minutes=1)
    world.finish(world.scheduler())
    [tick] = world.ticks(schedule)
    assert tick.state == "failed"
    assert "there is no pipeline" in tick.note
    assert not world.begun()


def test_one_damaged_record_does_not_stop_the_others(sqlite_world):
    world = sqlite_world
    broken = world.add("* * * * *", name="broken")
    fine = world.add("* * * * *", name="fine")
    world.pass_by(minutes=1)
    scheduler = world.scheduler(2)
    scheduler.run_once()
    run_id = world.ticks(broken)[0].run_id
    until = time.monotonic() + 120
    while [run.state for run in all_runs(world.home)] != ["succeeded"] * 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    (world.home.runs / run_id / "run.json").write_text("{")
    scheduler.run_once()
    assert world.states(broken) == ["launched"]
    assert world.states(fine) == ["done"]


def test_the_loop_works_by_itself(sqlite_world):
    """Real seconds: a schedule of every second has runs, and none after the end of the loop."""
    from datetime import UTC, datetime

    world = sqlite_world
    world.moment = datetime.now(UTC)
    schedule = world.add("* * * * * *", overlap="queue")
    scheduler = world.scheduler(2)
    world.live = True
    scheduler.start()
    until = time.monotonic() + 120
    while len(world.begun()) < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    scheduler.stop()
    made = len(world.ticks(schedule))
    time.sleep(1.5)
    assert len(world.ticks(schedule)) == made
    world.schedules.pause("often")
    world.finish(scheduler)
    assert sorted(world.begun()) == sorted(tick.run_id for tick in world.ticks(schedule) if tick.run_id)
