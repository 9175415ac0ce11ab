"""Schedules as forms: there and back, every mistake beside its field, and YAML that would explode."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.services.schedule_forms import (
    FormError,
    checked,
    due_in_words,
    empty_form,
    form_of,
    preview,
    preview_cron,
    schedule_from_form,
)


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setenv("NORIA_PIPELINES", "tests.toy.pipeline:PIPELINE")
    monkeypatch.syspath_prepend("tests")


GATE = {"kind": "minimum", "metric": "score", "value": 0.1}
PROMOTION = {"promotion": {"registered_model": "t", "gates": [GATE]}}


def filled(**more: str) -> dict[str, str]:
    return empty_form() | {"name": "nightly", "pipeline": "board_game"} | more


def errors_of(**more: str) -> dict[str, str]:
    with pytest.raises(FormError) as caught:
        schedule_from_form(filled(**more), {})
    return caught.value.errors


def test_there_and_back():
    form = filled(keep_runs="7", overlap="queue", time_zone="Europe/Berlin")
    schedule = schedule_from_form(form, {"game": "tic_tac_toe"})
    assert schedule.keep_runs == 7
    assert schedule.config == {"game": "tic_tac_toe"}
    assert schedule_from_form(form_of(schedule), schedule.config) == schedule


@pytest.mark.parametrize("kind", ["data", "drift"])
def test_triggers_other_than_time(kind):
    schedule = schedule_from_form(filled(kind=kind, every="2h", cron="nonsense"), {})
    assert schedule.trigger.every == 7200
    assert preview(schedule).times == []
    assert "2h" in preview(schedule).words
    assert form_of(schedule)["every"] == "2h"


def test_the_configuration_is_completed():
    schedule = checked(schedule_from_form(filled(), {"game": "tic_tac_toe", **PROMOTION}))
    assert schedule.config["game"] == "tic_tac_toe"
    assert len(schedule.config) > 2


def test_an_empty_configuration_is_the_default_one():
    assert checked(schedule_from_form(filled(), {})).config["game"] == "plane_strike"


def test_a_configuration_that_does_not_fit():
    with pytest.raises(FormError) as caught:
        checked(schedule_from_form(filled(), {"game": "chess", **PROMOTION}))
    assert "game" in caught.value.errors["config"]


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"name": ""}, "name", "match"),
        ({"name": "<script>"}, "name", "match"),
        ({"pipeline": "none"}, "pipeline", "board_game"),
        ({"target": "/etc/passwd"}, "target", "there are: "),
        ({"cron": "61 * * * *"}, "trigger", "61"),
        ({"cron": ""}, "trigger", "six fields"),
        ({"time_zone": "Mars/Base"}, "trigger", "Mars/Base"),
        ({"kind": "moon"}, "trigger", "moon"),
        ({"kind": "data", "every": "soon"}, "every", "length of time"),
        ({"catch_up": "some"}, "catch_up", "latest"),
        ({"keep_runs": "-1"}, "keep_runs", "whole number"),
        ({"keep_runs": "0"}, "keep_runs", "greater"),
        ({"catch_up_limit": "x"}, "catch_up_limit", "whole number"),
    ],
)
def test_a_mistake_is_told_beside_its_field(given, field, told):
    assert told in errors_of(**given)[field]


def test_all_mistakes_are_told_at_once():
    assert set(errors_of(name="", catch_up="x", keep_runs="many")) == {"name", "catch_up", "keep_runs"}


def test_the_next_five_times():
    found = preview_cron("0 3 * * *", "Europe/Berlin")
    times = [datetime.fromisoformat(time) for time in found.times]
    assert len(times) == 5
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[0] > datetime.now(UTC)
    assert times[0].utcoffset() == timedelta(0)
    assert found.words == "every day at 03:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (59, "in 59 s"), (3 * 3600 + 300, "in 3 h 5 min"), (90_000, "in 1 d 1 h")],
)
def test_how_far_away(seconds, words):
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    assert due_in_words((clock + timedelta(seconds=seconds)).isoformat(), clock) == words
    assert due_in_words("") == ""
