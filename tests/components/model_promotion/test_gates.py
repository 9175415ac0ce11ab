"""Gates on numbers made by hand: what passes, what does not, and what is said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.evaluation_record import (
    ChampionResult,
    ChampionUnreachable,
    EvaluationRecord,
    Metrics,
)
from components.model_promotion.config import ModelPromotionConfig
from components.model_promotion.gates import Evidence, GateResult, check_gates
from components.model_promotion.record import GateRow, gate_rows, reason
from noria.errors import ConfigError
from noria.typed_config import parse_config


def check(
    gate: dict[str, Any],
    metrics: Metrics,
    baselines: dict[str, Metrics] | None = None,
    champion: ChampionResult | ChampionUnreachable | None = None,
    champion_now: str | None = None,
    not_run: dict[str, str] | None = None,
) -> GateResult:
    config = ModelPromotionConfig.model_validate({"registered_model": "toy", "gates": [gate]})
    record = EvaluationRecord(metrics=metrics, baselines=baselines or {}, champion=champion)
    (result,) = check_gates(config.gates, Evidence(record, metrics, champion_now, not_run=not_run or {}))
    return result


@pytest.mark.parametrize(
    ("kind", "got", "passed"),
    [
        ("minimum", 0.82, True),
        ("minimum", 0.8199, False),
        ("maximum", 0.82, True),
        ("maximum", 0.8201, False),
    ],
)
def test_fixed_limits_include_the_limit(kind: str, got: float, passed: bool) -> None:
    result = check({"kind": kind, "metric": "test_accuracy", "value": 0.82}, {"test_accuracy": got})
    assert result == GateResult(f"test_accuracy_{kind}", 0.82, got, passed)


GATES = [
    {"kind": "minimum", "metric": "m", "value": -1e9},
    {"kind": "maximum", "metric": "m", "value": 1e9},
    {"kind": "better_than_baselines", "metric": "m"},
    {"kind": "not_worse_than_champion", "metric": "m", "tolerance": 1e9},
]


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate["kind"])
@pytest.mark.parametrize(
    ("metrics", "note"),
    [
        ({}, "there is no m"),
        ({"m": None}, "there is no m"),
        ({"m": math.nan}, "m is nan"),
        ({"m": math.inf}, "m is inf"),
        ({"m": -math.inf}, "m is -inf"),
    ],
)
def test_a_number_that_is_not_there_never_passes(gate: dict[str, Any], metrics: Metrics, note: str) -> None:
    result = check(gate, metrics, {"b": {"m": 0.0}}, ChampionResult(version="1", metrics={"m": 0.0}), "1")
    assert (result.passed, result.got, result.note) == (False, None, note)


def test_a_metric_that_there_is_none_of_names_those_of_its_kind() -> None:
    gate = {"kind": "minimum", "metric": "tflite_agreemnt", "value": 0.9}
    metrics: Metrics = {"tflite_agreement": 1.0, "tflite_bytes": 5.0, "test_accuracy": 0.9}
    assert check(gate, metrics).note == (
        "there is no tflite_agreemnt; of tflite_* there are tflite_agreement, tflite_bytes"
    )


@pytest.mark.parametrize("measure", ["agreement", "max_difference"])
def test_a_gate_on_a_metric_by_its_earlier_name_is_refused(measure: str) -> None:
    gate = {"kind": "minimum", "metric": f"tflite_fp16_{measure}", "value": 0.9}
    with pytest.raises(ConfigError, match=f"it is called tflite_half_precision_{measure}"):
        parse_config(ModelPromotionConfig, {"registered_model": "toy", "gates": [gate]}, origin="old.yaml")


def test_the_best_baseline_counts() -> None:
    gate = {"kind": "better_than_baselines", "metric": "acc", "margin": 0.01}
    baselines: dict[str, Metrics] = {
        "majority": {"acc": 0.1},
        "linear": {"acc": 0.75},
        "labels": {"acc": 0.5},
    }
    result = check(gate, {"acc": 0.8}, baselines)
    assert (result.passed, result.limit, result.note) == (True, 0.76, "the best baseline is linear")
    assert not check(gate, {"acc": 0.76}, baselines).passed


def test_equal_to_a_baseline_is_not_better() -> None:
    assert not check(
        {"kind": "better_than_baselines", "metric": "acc"}, {"acc": 0.5}, {"b": {"acc": 0.5}}
    ).passed


@pytest.mark.parametrize(("got", "passed"), [(2.4, True), (2.5, False), (3.0, False)])
def test_errors_are_better_when_lower(got: float, passed: bool) -> None:
    gate = {"kind": "better_than_baselines", "metric": "mae", "margin": 0.5, "better": "lower"}
    result = check(gate, {"mae": got}, {"a": {"mae": 3.0}, "b": {"mae": 4.0}})
    assert (result.limit, result.passed) == (2.5, passed)


def test_a_gate_may_name_the_baselines_to_beat() -> None:
    gate = {"kind": "better_than_baselines", "metric": "strikes", "better": "lower"}
    baselines: dict[str, Metrics] = {"random": {"strikes": 57.8}, "greedy": {"strikes": 11.9}}
    assert not check(gate, {"strikes": 12.0}, baselines).passed
    result = check({**gate, "baselines": ["random"]}, {"strikes": 12.0}, baselines)
    assert (result.passed, result.limit, result.note) == (True, 57.8, "the best baseline is random")
    unknown = check({**gate, "baselines": ["perfect"]}, {"strikes": 12.0}, baselines)
    assert not unknown.passed
    assert unknown.note == "no baseline perfect was evaluated, only greedy, random"


@pytest.mark.parametrize(
    ("baselines", "note"),
    [
        ({}, "no baseline was evaluated"),
        ({"a": {"acc": 0.1}, "b": {}}, "b: there is no acc"),
        ({"a": {"acc": math.nan}}, "a: acc is nan"),
    ],
)
def test_a_baseline_without_the_metric_is_no_evidence(baselines: dict[str, Metrics], note: str) -> None:
    result = check({"kind": "better_than_baselines", "metric": "acc"}, {"acc": 0.9}, baselines)
    assert (result.passed, result.note) == (False, note)


CHAMPION_GATE = {"kind": "not_worse_than_champion", "metric": "acc", "tolerance": 0.01}


def test_the_first_champion_has_nobody_to_beat() -> None:
    assert check(CHAMPION_GATE, {"acc": 0.1}) == GateResult(
        "acc_not_worse_than_champion", None, 0.1, True, "no champion yet"
    )


@pytest.mark.parametrize(("got", "passed"), [(0.8, True), (0.79, True), (0.789, False)])
def test_as_good_as_the_champion_within_the_tolerance(got: float, passed: bool) -> None:
    champion = ChampionResult(version="3", metrics={"acc": 0.8})
    result = check(CHAMPION_GATE, {"acc": got}, champion=champion, champion_now="3")
    assert (result.passed, result.note) == (passed, "champion version 3")


def test_an_unreachable_registry_does_not_pass() -> None:
    champion = ChampionUnreachable(unreachable="connection refused")
    result = check(CHAMPION_GATE, {"acc": 1.0}, champion=champion)
    assert (result.passed, result.note) == (False, "not run: connection refused")
    assert (result.state, result.refuses) == ("not run", True)


@pytest.mark.parametrize(
    ("champion", "now", "note"),
    [
        (None, "2", "it was none, now it is version 2"),
        (ChampionResult(version="2", metrics={"acc": 0.1}), "4", "it was version 2, now it is version 4"),
        (ChampionResult(version="2", metrics={"acc": 0.1}), None, "it was version 2, now it is none"),
    ],
)
def test_a_champion_that_changed_is_no_evidence(
    champion: ChampionResult | None, now: str | None, note: str
) -> None:
    result = check(CHAMPION_GATE, {"acc": 1.0}, champion=champion, champion_now=now)
    assert not result.passed
    assert result.note.startswith(f"the champion changed since the evaluation: {note}; compute")


def test_a_champion_without_the_metric_does_not_pass() -> None:
    champion = ChampionResult(version="2", metrics={"other": 1.0})
    result = check(CHAMPION_GATE, {"acc": 1.0}, champion=champion, champion_now="2")
    assert (result.passed, result.note) == (False, "champion version 2: there is no acc")


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate["kind"])
@pytest.mark.parametrize("metrics", [{}, {"m": 1.0}], ids=["nothing", "in part"])
def test_what_was_not_run_never_passes(gate: dict[str, Any], metrics: Metrics) -> None:
    champion = ChampionResult(version="1", metrics={"m": 0.0})
    result = check(gate, metrics, {"b": {"m": 0.0}}, champion, "1", {"m": "no apt-get"})
    assert (result.passed, result.state, result.refuses) == (False, "not run", True)
    assert result.note == "not run: no apt-get"
    assert reason([result], None).endswith(f"did not hold: {result.name} (not run: no apt-get).")


@pytest.mark.parametrize("gate", GATES[:2], ids=lambda gate: gate["kind"])
def test_a_gate_that_was_not_run_may_be_allowed(gate: dict[str, Any]) -> None:
    result = check({**gate, "when_not_run": "allow"}, {}, not_run={"m": "no apt-get"})
    assert (result.passed, result.state, result.refuses) == (False, "not run", False)
    assert result.note == "not run: no apt-get; when_not_run: allow"
    held = GateResult("a_minimum", 0.5, 0.7, True)
    assert reason([held, result], None) == (
        f"Promoted: 1 of 2 gates hold, not run and allowed: {result.name}; it is the first champion."
    )
    # Only what was not run is allowed; a metric that is lacking for another reason is not.
    assert check({**gate, "when_not_run": "allow"}, {}).refuses


def test_a_limit_that_one_device_broke_is_broken_whatever_the_others_do() -> None:
    gate = {"kind": "minimum", "metric": "m", "value": 0.9, "when_not_run": "allow"}
    result = check(gate, {"m": 0.5}, not_run={"m": "web: no browser"})
    assert (result.state, result.refuses, result.got) == ("failed", True, 0.5)
    assert result.note == "on what was measured; the rest was not run: web: no browser"


def test_rows_say_their_state_and_old_ones_are_read() -> None:
    rows = gate_rows(
        [
            GateResult("a", 1.0, 2.0, True),
            GateResult("b", 1.0, 0.0, False),
            GateResult("c", 1.0, None, False, "not run: x", not_run=True, allowed=True),
        ]
    )
    assert [(row.passed, row.state) for row in rows] == [
        (True, "passed"),
        (False, "failed"),
        (False, "not run"),
    ]
    for passed, state in ((True, "passed"), (False, "failed")):
        old = {"name": "a", "limit": None, "got": 1.0, "passed": passed}
        assert parse_config(GateRow, old, "test").state == state


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_beating_by_a_margin_implies_being_no_worse(got: float, other: float, margin: float) -> None:
    for better in ("higher", "lower"):
        strict = check(
            {"kind": "better_than_baselines", "metric": "m", "margin": margin, "better": better},
            {"m": got},
            {"b": {"m": other}},
        )
        loose = check(
            {"kind": "not_worse_than_champion", "metric": "m", "better": better},
            {"m": got},
            champion=ChampionResult(version="1", metrics={"m": other}),
            champion_now="1",
        )
        assert loose.passed or not strict.passed


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ([], "at least 1 item"),
        ([{"kind": "minimal", "metric": "m", "value": 1}], "minimal"),
        ([{"kind": "minimum", "metric": "m"}], "Field required"),
        ([{"kind": "minimum", "metric": "m", "value": 1, "margin": 2}], "margin"),
        ([{"kind": "minimum", "metric": "m", "value": math.nan}], "finite"),
        ([{"kind": "minimum", "metric": "m", "value": 1}] * 2, "two gates on the same metric"),
    ],
)
def test_gates_that_make_no_sense_are_refused(gates: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(ModelPromotionConfig, {"registered_model": "toy", "gates": gates}, "test")
