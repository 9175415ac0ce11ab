"""The step from folders to folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components import tracking
from components.board_games.games import make_game
from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord
from components.policy_evaluation import executor as module
from components.policy_evaluation.component import PolicyEvaluation
from components.policy_evaluation.config import PolicyEvaluationConfig
from components.policy_evaluation.executor import Executor
from components.policy_evaluation.measures import rules_digest
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from tests.components.policy_evaluation.policies import first_empty, linear, posterior, save_policy


def evaluate(root: Path, inputs: dict[str, Path], **config: object) -> Path:
    folder = root / "evaluation"
    folder.mkdir(parents=True)
    outputs = {"evaluation": folder}
    with tracking.recording(outputs):
        Executor().run(PolicyEvaluationConfig.model_validate(config), inputs, outputs)
    return folder


def tracked(folder: Path) -> dict[str, float]:
    records = [json.loads(line) for line in (folder / tracking.RECORDS).read_text().splitlines()]
    return {r["name"]: r["value"] for r in records if r["kind"] == "metric"}


@pytest.fixture(scope="module")
def posterior_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_policy(tmp_path_factory.mktemp("model"), "plane_strike", posterior).path


def test_the_file_is_optional() -> None:
    assert set(PolicyEvaluation.SPEC_CLASS.INPUTS) == {"model", "tflite"}
    assert PolicyEvaluation.SPEC_CLASS.INPUTS["tflite"].optional


def test_plane_strike(posterior_model: Path, tmp_path: Path) -> None:
    folder = evaluate(tmp_path, {"model": posterior_model}, moves_shown=5)
    record = EvaluationRecord.load(folder)
    # The model is the posterior-greedy player.
    assert record.metrics == record.baselines["posterior_greedy"]
    assert record.details["strikes"] == record.details["posterior_greedy_strikes"]
    assert (record.champion, record.data_digest) == (None, rules_digest("plane_strike"))
    page = (folder / "report.html").read_text()
    for heading in ("Scores", "A typical game", "Strikes"):
        assert f"<h2>{heading}</h2>" in page
    assert "fewer than the posterior-greedy player on 0, more on 0" in page
    assert {path.name for path in folder.glob("*.png")} == {"game.png", "strikes.png"}
    metrics = tracked(folder)
    assert set(metrics) == {
        *("test_expected_strikes", "baseline_random_expected_strikes"),
        "baseline_posterior_greedy_expected_strikes",
    }
    assert metrics["test_expected_strikes"] == record.metrics["expected_strikes"]


def test_tic_tac_toe_with_the_exported_file(tmp_path: Path) -> None:
    spec = make_game("tic_tac_toe").spec
    model = save_policy(tmp_path / "model", "tic_tac_toe", linear(spec))
    export(
        model, TfliteExportConfig(formats=("fp16",), check_fp16=False, latency_runs=1), tmp_path / "tflite"
    )
    folder = evaluate(tmp_path, {"model": model.path, "tflite": tmp_path / "tflite"}, game="tic_tac_toe")
    record = EvaluationRecord.load(folder)
    names = ("losses", "draws", "wins", "score")
    assert set(record.metrics) == {*names, *(f"tflite_{name}" for name in names)}
    assert all(record.metrics[name] == record.metrics[f"tflite_{name}"] for name in names)
    assert record.metrics["losses"] == len(record.details["lost_lines"]) > 0
    page = (folder / "report.html").read_text()
    assert "its exported file" in page
    assert f"{len(record.details['lost_lines'])} line(s) are lost" in page
    assert {"test_losses", "tflite_losses", "baseline_perfect_losses", "baseline_random_score"} <= set(
        tracked(folder)
    )


def test_the_same_model_gives_the_same_files(posterior_model: Path, tmp_path: Path) -> None:
    first, second = (evaluate(tmp_path / name, {"model": posterior_model}) for name in ("a", "b"))
    for file in ("evaluation.json", "report.html"):
        assert (first / file).read_bytes() == (second / file).read_bytes()


def test_the_champion_plays_the_same_games(
    posterior_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = save_policy(tmp_path / "champion", "plane_strike", first_empty)

    def result(name: str, scratch: Path, measure: object) -> ChampionResult:
        assert (name, scratch) == ("strikes", tmp_path)
        return ChampionResult(version="7", metrics=measure(champion))  # type: ignore[operator]

    monkeypatch.setattr(module, "champion_result", result)
    folder = evaluate(tmp_path, {"model": posterior_model}, registered_model="strikes")
    record = EvaluationRecord.load(folder)
    assert isinstance(record.champion, ChampionResult)
    assert (record.champion.metrics["expected_strikes"] or 0) > 30
    assert "champion (version 7)" in (folder / "report.html").read_text()
    assert tracked(folder)["champion_test_expected_strikes"] == record.champion.metrics["expected_strikes"]


def test_an_unreachable_champion_is_told(
    posterior_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ChampionUnreachable(unreachable="the registry sleeps")
    monkeypatch.setattr(module, "champion_result", lambda *_: gone)
    folder = evaluate(tmp_path, {"model": posterior_model}, registered_model="strikes")
    assert "the registry sleeps" in (folder / "report.html").read_text()
    assert EvaluationRecord.load(folder).champion == gone
