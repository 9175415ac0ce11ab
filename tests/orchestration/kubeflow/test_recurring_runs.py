"""Schedules as the server is asked for them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from noria.errors import ConfigError, NoriaError
from orchestration.cron import parse_cron
from orchestration.kubeflow.pipeline_spec import compile_pipeline
from orchestration.schedules import NewSchedule, find_schedule, open_schedules
from tests.orchestration.kubeflow.kfp_api import V2, written


@pytest.fixture
def compiled(toy, place):
    return compile_pipeline(toy, toy.config_type(), place(), "kind")


def test_what_is_asked_for(api, place, compiled):
    schedules = open_schedules(place(service_account="noria-steps"))
    start, end = datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    new = NewSchedule("nightly", parse_cron("0 30 3 * * MON", "Asia/Tokyo"), start, end, max_concurrency=2)
    made = schedules.add(new, compiled)
    [run] = api.recurring
    assert written(run.trigger)["cron_schedule"]["cron"] == "0 30 18 * * 0"
    assert (run.trigger.cron_schedule.start_time, run.trigger.cron_schedule.end_time) == (start, end)
    assert (run.mode, run.max_concurrency, run.no_catchup) == ("ENABLE", "2", True)
    assert run.service_account == "noria-steps"
    assert run.experiment_id == api.experiments[0].experiment_id
    assert run.pipeline_version_reference.pipeline_version_id == api.versions[0].pipeline_version_id
    assert "0 30 3 * * 1 in Asia/Tokyo" in run.description
    assert (made.state, made.cron, made.time_zone, made.catch_up) == ("active", "0 30 18 * * 0", "UTC", False)
    assert (made.start, made.end) == ("2030-01-01T00:00:00+00:00", "2031-01-01T00:00:00+00:00")


def test_catching_up_is_asked_for(api, place, compiled):
    open_schedules(place()).add(NewSchedule("all", parse_cron("0 0 * * * *"), catch_up=True), compiled)
    assert api.recurring[0].no_catchup is False


def test_the_life_of_a_schedule(api, place, compiled):
    schedules = open_schedules(place())
    for name in ("one", "two", "three"):
        schedules.add(NewSchedule(name, parse_cron("0 0 3 * * *")), compiled)
    # The server hands them out in pages of two.
    assert [schedule.name for schedule in schedules.all()] == ["one", "two", "three"]
    two = find_schedule(schedules.all(), "two")
    schedules.pause(two.id)
    assert find_schedule(schedules.all(), two.id[:8]).state == "paused"
    schedules.resume(two.id)
    assert find_schedule(schedules.all(), "two").state == "active"
    schedules.remove(two.id)
    assert [schedule.name for schedule in schedules.all()] == ["one", "three"]
    assert api.count("DELETE", f"{V2}/recurringruns/{two.id}") == 1
    with pytest.raises(NoriaError, match="there is no schedule 'two'; there are: one, three"):
        find_schedule(schedules.all(), "two")


def test_what_the_server_would_misread_is_not_sent(api, place, compiled):
    schedules = open_schedules(place())
    with pytest.raises(ConfigError, match="summer time"):
        schedules.add(NewSchedule("x", parse_cron("0 30 3 * * *", "Europe/Berlin")), compiled)
    with pytest.raises(NoriaError, match="Kubeflow takes 1 to 10"):
        schedules.add(NewSchedule("x", parse_cron("0 30 3 * * *"), max_concurrency=11), compiled)
    assert api.recurring == []
    there = open_schedules(place(time_zone="Europe/Berlin"))
    assert (
        there.add(NewSchedule("x", parse_cron("0 30 3 * * *", "Europe/Berlin")), compiled).cron
        == "0 30 3 * * *"
    )
