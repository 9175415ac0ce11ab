"""Triggers other than time: the content of a source, a validation that was breached."""

from __future__ import annotations

import os

import pytest

from orchestration.run_record import RunFolder, RunRecord, StepRecord, now
from orchestration.scheduling.schedule import LocalSchedule


@pytest.fixture
def with_source(monkeypatch, tmp_path):
    from pathlib import Path

    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{here}{os.pathsep}{here.parents[1]}")
    monkeypatch.setenv("NORIA_PIPELINES", "source_pipeline:PIPELINE,toy.pipeline:PIPELINE")
    return tmp_path / "numbers.json"


def _add(world, kind, **more):
    tree = {"name": "found", "trigger": {"kind": kind, "every": "15m"}, "pipeline": "toy"} | more
    return world.schedules.add(LocalSchedule.model_validate(tree))


def _look(world, scheduler):
    world.pass_by(minutes=15)
    world.finish(scheduler)


@pytest.mark.slow
def test_new_content_of_a_source(sqlite_world, with_source):
    world = sqlite_world
    with_source.write_text("[1, 2]")
    schedule = _add(world, "data", pipeline="reads_source", config={"file": str(with_source)})
    scheduler = world.scheduler()
    _look(world, scheduler)
    _look(world, scheduler)
    with_source.write_text("[1, 2]")
    _look(world, scheduler)
    assert [tick.note for tick in world.ticks(schedule)] == ["first look at the source; the run succeeded"]
    with_source.write_text("[1, 2, 3]")
    _look(world, scheduler)
    assert world.ticks(schedule)[-1].note == "the content of the source has changed; the run succeeded"
    assert len(world.begun()) == 2
    with_source.unlink()
    _look(world, scheduler)
    assert world.ticks(schedule)[-1].state == "failed"
    assert "numbers.json" in world.ticks(schedule)[-1].note


def test_a_pipeline_that_does_not_tell_its_source(sqlite_world, with_source):
    del with_source
    schedule = _add(sqlite_world, "data")
    _look(sqlite_world, sqlite_world.scheduler())
    [tick] = sqlite_world.ticks(schedule)
    assert tick.state == "failed"
    assert "no step of toy tells the content of its source" in tick.note


def _run(world, state="succeeded", metrics=None, step="total", step_state="succeeded"):
    folder = RunFolder.create(world.home)
    steps = [StepRecord(step, state=step_state)]
    record = RunRecord(folder.id, "toy", "local", state, now(), 1, steps=steps, metrics=metrics or {})
    record.ended = now()
    folder.save(record)
    return folder.id


def test_drift_is_answered_once_and_not_by_what_it_started(world):
    schedule = _add(world, "drift")
    scheduler = world.scheduler()
    _look(world, scheduler)
    _run(world, metrics={"drifted_features": 0})
    _look(world, scheduler)
    assert world.ticks(schedule) == []
    run = _run(world, metrics={"drifted_features": 2})
    _look(world, scheduler)
    _look(world, scheduler)
    [tick] = world.ticks(schedule)
    assert tick.note == f"the validation of run {run} breached a limit; the run succeeded"
    second = _run(world, "failed", step="graph_validation", step_state="failed")
    # The run that answers it fails its validation, too.
    world.state = "failed"
    _look(world, world.scheduler())
    answer = RunFolder(world.home.runs / world.begun()[-1])
    record = answer.load()
    record.steps = [StepRecord("feature_validation", state="failed")]
    answer.save(record)
    _look(world, scheduler)
    assert [second in tick.note for tick in world.ticks(schedule)] == [False, True]
    # Something else that fails is no drift.
    _run(world, "failed", step_state="failed")
    _look(world, scheduler)
    assert len(world.ticks(schedule)) == 2
