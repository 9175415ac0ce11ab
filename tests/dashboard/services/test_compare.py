"""Runs side by side: which settings differ, which metric is best, curves, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dashboard.masking import HIDDEN, Mask
from dashboard.run_index import NotFoundError, RunIndex
from dashboard.services.compare import compare, direction, gate_directions, mlflow_comparison
from dashboard.services.curves import charts, learning_curves, line_chart
from noria.errors import NoriaError
from noria.home import Home
from noria.journal import append
from orchestration.run_record import RunFolder, RunRecord, StepRecord, now


def stored_run(home: Home, run: str, factor: float, metrics: dict[str, float]) -> RunFolder:
    folder = RunFolder(home.runs / run)
    folder.logs.mkdir(parents=True)
    config = {
        "training": {"factor": factor, "epochs": 3},
        "promotion": {"gates": [{"kind": "maximum", "metric": "odd", "value": 3}]},
    }
    folder.config.write_text(yaml.safe_dump(config))
    for epoch in range(3):
        record = {"kind": "metric", "step": "training", "time": 0.0}
        append(folder.journal, {**record, "name": "loss", "value": factor / (epoch + 1), "epoch": epoch})
    folder.save(
        RunRecord(
            run,
            "toy",
            "local",
            "succeeded",
            now(),
            1,
            ended=now(),
            steps=[StepRecord("training")],
            metrics=metrics,
        )
    )
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    stored_run(home, "aaa", 1.0, {"test_accuracy": 0.8, "odd": 2.0, "what": 1.0, "test_loss": 0.5})
    stored_run(home, "bbb", 2.0, {"test_accuracy": 0.9, "odd": 1.0, "what": 2.0, "test_loss": float("nan")})
    return home


def test_only_settings_that_differ(home):
    found = compare(RunIndex(home), ["aaa", "bbb"], Mask())
    assert [(row.name, row.values) for row in found.settings] == [("training.factor", [1.0, 2.0])]


def test_the_best_is_marked_where_the_direction_is_known(home):
    rows = {row.name: row for row in compare(RunIndex(home), ["aaa", "bbb"], Mask()).metrics}
    assert rows["test_accuracy"].best == [1]
    # By the gate of the configuration; its name says nothing.
    assert (rows["odd"].better, rows["odd"].best) == ("lower", [1])
    assert (rows["what"].better, rows["what"].best) == ("", [])


def test_a_number_that_is_none_is_never_best(home):
    rows = {row.name: row for row in compare(RunIndex(home), ["aaa", "bbb"], Mask()).metrics}
    assert rows["test_loss"].values == [0.5, None]
    assert rows["test_loss"].best == []


def test_what_baselines_reached_is_not_marked(home):
    stored_run(home, "ccc", 1.0, {"baseline_random_accuracy": 0.1})
    stored_run(home, "ddd", 1.0, {"baseline_random_accuracy": 0.2})
    (row,) = compare(RunIndex(home), ["ccc", "ddd"], Mask()).metrics
    assert row.best == []


@pytest.mark.parametrize("names", [["aaa"], ["aaa", "aaa"], []])
def test_fewer_than_two_runs_are_refused(home, names):
    with pytest.raises(NoriaError, match="expected 2 to 6"):
        compare(RunIndex(home), names, Mask())


def test_more_than_six_runs_are_refused(home):
    names = [f"run{number}" for number in range(7)]
    for name in names:
        stored_run(home, name, 1.0, {})
    with pytest.raises(NoriaError, match="7 run"):
        compare(RunIndex(home), names, Mask())
    assert len(compare(RunIndex(home), names[:6], Mask()).runs) == 6


def test_a_run_that_mlflow_does_not_know_is_named(home):
    with pytest.raises(NoriaError, match="does not know run aaa"):
        mlflow_comparison(home, RunIndex(home), ["aaa", "bbb"])


def test_the_last_telling_word_of_a_name_decides():
    assert direction("test_log_loss") == "lower"
    assert direction("loss_improvement") == "higher"
    assert direction("tflite_latency_ms") == "lower"
    assert direction("promoted_model") == ""
    assert direction("closeness") == ""


def test_gates_are_found_wherever_they_are():
    gates = [
        {"kind": "minimum", "metric": "a", "value": 1},
        {"kind": "better_than_baselines", "metric": "b", "better": "lower"},
        {"kind": "not_worse_than_champion", "metric": "c"},
    ]
    found = gate_directions([{"x": {"promotion": {"gates": gates}}}])
    assert found == {"a": "higher", "b": "lower", "c": "higher"}


def test_curves_keep_the_later_of_two_points(tmp_path):
    journal = tmp_path / "journal.jsonl"
    point = {"kind": "metric", "step": "s", "name": "loss", "time": 0.0}
    append(journal, {**point, "epoch": 1, "value": 9.0}, {**point, "epoch": 0, "value": 2.0})
    append(journal, {**point, "epoch": 1, "value": 1.0}, {**point, "epoch": None, "value": 7.0})
    assert learning_curves(journal) == {"s/loss": [(0, 2.0), (1, 1.0)]}


def test_a_chart_holds_a_line_per_run_and_escapes_names():
    chart = str(line_chart("<loss>", [("a<b", [(0, 1.0), (1, 0.5)]), ("c", [(0, float("nan")), (1, 2.0)])]))
    assert "line-0" in chart
    assert 'class="dot line-1"' in chart
    assert "<loss>" not in chart
    assert "&lt;loss&gt;" in chart
    assert "a<b" not in chart
    assert "nan" not in chart


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [1e-300, 2e-300], [1e300, -1e300], [5.0, 5.0 + 1e-15]])
def test_a_chart_of_odd_numbers_has_finite_places(values):
    chart = str(line_chart("x", [("run", list(enumerate(values)))]))
    assert "nan" not in chart
    assert "inf" not in chart


def test_long_curves_are_thinned_and_keep_their_ends():
    chart = str(line_chart("x", [("run", [(i, float(i)) for i in range(100_000)])]))
    assert len(chart) < 20_000
    assert ">99999</text>" in chart


def test_charts_have_every_run_in_its_own_colour(home):
    found = charts(compare(RunIndex(home), ["aaa", "bbb"], Mask()).curves)
    assert list(found) == ["training/loss"]
    assert "line-0" in found["training/loss"]
    assert "line-1" in found["training/loss"]


def test_secrets_are_hidden(home):
    for run, value in (("eee", "hush-1"), ("fff", "hush-2")):
        folder = stored_run(home, run, 1.0, {})
        folder.config.write_text(yaml.safe_dump({"source": {"password": value}}))
    found = compare(RunIndex(home), ["eee", "fff"], Mask())
    assert found.settings[0].values == [HIDDEN, HIDDEN]
    assert "hush" not in found.model_dump_json()


@pytest.mark.parametrize("name", ["zzz", "../aaa", "", "aa"])
def test_a_run_that_is_not_there(home, name):
    with pytest.raises(NotFoundError):
        compare(RunIndex(home), ["aaa", name], Mask())


def test_metrics_that_differ_come_first(home):
    stored_run(home, "ccc", 1.0, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})
    stored_run(home, "ddd", 1.0, {"a": 1.0, "b": 2.5, "c": 3.0})
    found = compare(RunIndex(home), ["ccc", "ddd"], Mask()).metrics
    assert [row.name for row in found] == ["b", "d", "a", "c"]
