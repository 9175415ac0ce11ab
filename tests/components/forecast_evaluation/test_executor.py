"""The step from folders to folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components import tracking
from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord
from components.forecast_evaluation import executor as module
from components.forecast_evaluation.champion import ScoredChampion
from components.forecast_evaluation.config import ForecastEvaluationConfig
from components.forecast_evaluation.executor import Executor
from noria.errors import DataError
from tests.components.forecast_evaluation.folders import Tables, make_tables, write_folders, write_model

BASELINES = {
    *("seasonal_naive", "moving_average_28d", "moving_average_56d"),
    *("weekday_median_4w", "weekday_median_8w"),
}


def evaluate(root: Path, inputs: dict[str, Path], **config: object) -> dict[str, Path]:
    outputs = {name: root / name for name in ("forest_evaluation", "network_evaluation")}
    for folder in outputs.values():
        folder.mkdir(exist_ok=True)
    with tracking.recording(outputs):
        Executor().run(ForecastEvaluationConfig.model_validate(config), inputs, outputs)
    return outputs


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("evaluation")
    return evaluate(root, write_folders(root / "inputs", make_tables()), bootstrap_draws=100)


def test_each_record_has_its_own_models_metrics(outputs: dict[str, Path]) -> None:
    forest, network = (EvaluationRecord.load(folder) for folder in outputs.values())
    assert set(forest.metrics) == {
        *("wape", "rmse", "mase", "last_window_wape", "pinball", "coverage_80"),
        *("wape_improvement", "wape_improvement_low", "wape_improvement_high"),
    }
    assert (forest.metrics["wape"] or 0) < (network.metrics["wape"] or 0)
    assert forest.metrics["wape"] == network.details["models"]["gbt"]["wape"]
    assert set(forest.baselines) == BASELINES
    assert forest.baselines == network.baselines
    assert (forest.data_digest, forest.champion) == ("d1", None)
    assert forest.details["windows"][2]["scores"]["gbt"]["wape"] == forest.metrics["last_window_wape"]


def test_the_report_holds_what_was_asked_for(outputs: dict[str, Path]) -> None:
    page = (outputs["forest_evaluation"] / "report.html").read_text()
    for heading in (
        *("Scores", "Back-test windows", "Forecast against truth", "Where it loses", "Every series"),
        *("Error by age of the model", "What forecasts rest on"),
    ):
        assert f"<h2>{heading}</h2>" in page
    assert "gbt (this model)" in page
    assert all(f"baseline: {name}" in page for name in BASELINES)
    assert "network (this model)" in (outputs["network_evaluation"] / "report.html").read_text()
    # Only the forest has importances here.
    assert (outputs["forest_evaluation"] / "importances.png").is_file()
    assert not (outputs["network_evaluation"] / "importances.png").exists()


def test_numbers_and_pictures_are_tracked(outputs: dict[str, Path]) -> None:
    lines = (outputs["forest_evaluation"] / tracking.RECORDS).read_text().splitlines()
    records = [json.loads(line) for line in lines]
    finals = {r["name"] for r in records if r["kind"] == "metric" and r["epoch"] is None}
    assert {
        *("forest_wape", "network_wape", "forest_wape_improvement", "forest_series_lost"),
        *("model_rf_wape", "model_gbt_pinball", "baseline_seasonal_naive_mase"),
    } <= finals
    curve = [r["epoch"] for r in records if r.get("name") == "model_gbt_window_wape"]
    assert curve == [0, 1, 2]
    shown = {(r["output"], r["path"]) for r in records if r["kind"] == "artifact"}
    assert {("forest_evaluation", "report.html"), ("network_evaluation", "series.png")} <= shown


def test_the_same_inputs_give_the_same_files(outputs: dict[str, Path], tmp_path: Path) -> None:
    again = evaluate(tmp_path, write_folders(tmp_path / "inputs", make_tables()), bootstrap_draws=100)
    for name, folder in outputs.items():
        for file in ("evaluation.json", "report.html"):
            assert (folder / file).read_bytes() == (again[name] / file).read_bytes()


def test_an_unreachable_champion_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ScoredChampion(ChampionUnreachable(unreachable="the registry sleeps"))
    monkeypatch.setattr(module, "score_champion", lambda *_: gone)
    outputs = evaluate(tmp_path, write_folders(tmp_path / "inputs", make_tables()), forest_model="sales")
    assert "the registry sleeps" in (outputs["forest_evaluation"] / "report.html").read_text()
    assert EvaluationRecord.load(outputs["forest_evaluation"]).champion == gone.result


def test_a_champion_stands_beside_its_challenger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ChampionResult(version="7", metrics={"last_window_wape": 0.123})
    monkeypatch.setattr(
        module,
        "score_champion",
        lambda name, *_: ScoredChampion(result if name else None, "2024-05-01T00:00:00"),
    )
    outputs = evaluate(tmp_path, write_folders(tmp_path / "inputs", make_tables()), forest_model="sales")
    page = (outputs["forest_evaluation"] / "report.html").read_text()
    assert "champion (version 7)" in page
    assert "trained on ticks up to 2024-05-01 00:00, the forecasts of the last window rest" in page
    assert EvaluationRecord.load(outputs["forest_evaluation"]).champion == result
    assert EvaluationRecord.load(outputs["network_evaluation"]).champion is None
    assert (
        '"forest_champion_last_window_wape"' in (outputs["forest_evaluation"] / tracking.RECORDS).read_text()
    )


def test_a_model_of_another_table_is_refused(tmp_path: Path) -> None:
    inputs = write_folders(tmp_path / "inputs", make_tables())
    write_model(tmp_path / "other", "gbt", ("level",))
    with pytest.raises(DataError, match=r"the forest \(gbt\) was trained on another table"):
        evaluate(tmp_path, {**inputs, "forest": tmp_path / "other"})


def test_a_served_model_without_forecasts_is_refused(tmp_path: Path) -> None:
    tables = make_tables()
    facts = tables.facts.model_copy(update={"served": {"forest": "xgb", "network": "network"}})
    inputs = write_folders(
        tmp_path / "inputs", Tables(tables.features, tables.periods, tables.forecasts, facts)
    )
    with pytest.raises(DataError, match=r"serves 'xgb' as the forest; forecasts.parquet has gbt, "):
        evaluate(tmp_path, inputs)
