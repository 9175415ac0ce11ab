"""``noria schedule`` on this machine, and a run that a scheduler really starts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from noria.home import Home
from orchestration.run_catalog import all_runs
from orchestration.scheduling.database import open_database
from orchestration.scheduling.run_queue import RunQueue, RunRequest
from orchestration.scheduling.schedule_store import ScheduleStore
from orchestration.scheduling.scheduler import Scheduler


@pytest.mark.slow
def test_added_listed_paused_resumed_removed(noria):
    add = ("schedule", "add", "toy", "--cron", "30 3 * * *", "--time-zone", "Europe/Berlin")
    made = noria.json(*add, "--set", "numbers.count=3", "--missed", "all", "--keep-runs", "5")
    assert made["schedule"]["config"]["numbers"]["count"] == 3
    assert len(made["next"]) == 5
    assert all("T03:30:00" in moment for moment in made["next"])
    assert "already" in noria(*add, status=2).stderr
    noria("schedule", "add", "toy", "--on", "drift", "--every", "1h", "--name", "when it drifts")
    listed = noria.json("schedule", "list")
    assert [entry["schedule"]["name"] for entry in listed] == ["toy", "when it drifts"]
    assert "every 3600 s" in noria("schedule", "list").stdout
    assert noria.json("schedule", "pause", "toy")["state"] == "paused"
    assert noria.json("schedule", "list")[0]["next_due"] == ""
    noria("schedule", "resume", made["id"])
    assert noria.json("schedule", "list")[0]["next_due"]
    assert noria.json("schedule", "ticks", "toy") == []
    noria("schedule", "remove", "toy")
    assert "when it drifts" in noria("schedule", "ticks", "toy", status=2).stderr


def test_schedules_that_cannot_be(noria):
    add = ("schedule", "add", "toy")
    assert "when?" in noria(*add, status=2).stderr
    assert "expected six fields" in noria(*add, "--cron", "@daily", status=2).stderr
    assert "data or drift" in noria(*add, "--on", "moon", status=2).stderr
    assert "overlap" in noria(*add, "--cron", "0 0 3 * * *", "--overlap", "both", status=2).stderr
    assert "server" in noria(*add, "--cron", "0 0 3 * * *", "--catch-up", status=2).stderr
    assert "unknown field" in noria(*add, "--cron", "0 0 3 * * *", "--set", "nought=1", status=2).stderr


@pytest.mark.slow
def test_real_runs_of_a_schedule_and_of_requests(noria, monkeypatch):
    """The toy pipeline, started by a tick and by requests with room for one run."""
    for name, value in noria.environment.items():
        monkeypatch.setenv(name, value)
    noria("schedule", "add", "toy", "--cron", "0 0 3 * * *", "--overlap", "cancel")
    home = Home(noria.home)
    database = open_database(home)
    clock = [datetime.now(UTC) + timedelta(days=1)]
    scheduler = Scheduler(home, database, 1, lambda: clock[0])
    queue, schedules = RunQueue(database), ScheduleStore(database)
    most = 0

    def finish() -> None:
        nonlocal most
        until = time.monotonic() + 300
        while not all(r.outcome or r.state == "failed" for r in queue.all_requests()):
            scheduler.run_once()
            most = max(most, sum(run.state == "running" for run in all_runs(home)))
            assert time.monotonic() < until, queue.all_requests()
            time.sleep(0.1)

    scheduler.run_once()
    finish()
    [tick] = noria.json("schedule", "ticks", "toy")
    assert (tick["state"], tick["note"].split("; ")[-1]) == ("done", "the run succeeded")
    assert noria.json("show", tick["run_id"])["state"] == "succeeded"
    resumed = queue.submit(RunRequest("toy", resume=tick["run_id"], again=("total",)))
    changed = queue.submit(RunRequest("toy", {"numbers": {"count": 2}}, resume=tick["run_id"]))
    wrong = queue.submit(RunRequest("toy", {"numbers": {"count": 0}}))
    finish()
    runs = {run.id: run for run in all_runs(home)}
    assert [step.cached for step in runs[resumed.run_id].steps] == [True, True, True, False]
    assert runs[changed.run_id].resumed_from == tick["run_id"]
    assert "numbers.count" in queue.find(wrong.run_id).error
    assert wrong.run_id not in runs
    assert most == 1

    slow = {"numbers": {"trouble": {"sleep": 300}}}
    stored = schedules.find("toy")
    schedules.update(stored.id, stored.schedule.model_copy(update={"config": slow}))
    for _ in range(2):
        clock[0] += timedelta(days=1)
        scheduler.run_once()
        begun = queue.all_requests(1)[0].run_id
        if _ == 0:
            until = time.monotonic() + 300
            while not (home.runs / begun / "run.json").exists():
                assert time.monotonic() < until
                time.sleep(0.1)
            schedules.update(stored.id, stored.schedule)
    finish()
    assert [tick["note"].split("; ")[-1] for tick in noria.json("schedule", "ticks", "toy")][:2] == [
        "the run succeeded",
        "the run cancelled",
    ]
    database.close()
