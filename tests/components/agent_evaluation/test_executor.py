"""The step from folders to folders."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from components import tracking
from components.agent_evaluation import evaluate as module
from components.agent_evaluation.component import AgentEvaluation
from components.agent_evaluation.config import AgentEvaluationConfig
from components.agent_evaluation.executor import Executor
from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord
from components.model_folder import ModelFolder
from components.playlist_simulation.session_features import Catalogue
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from noria.errors import DataError
from tests.components.agent_evaluation.folders import save_agents, save_user_models
from tests.components.agent_evaluation.stand_ins import small_world

SETTINGS = {
    "simulation": {"candidates": 8, "pool": 30},
    "sessions": 150,
    "selection_sessions": 80,
    "oracle_sessions": 40,
    "oracle_weights": [0.0, 4.0],
    "logged_sessions": 60,
    "exported_sessions": 5,
    "tracked_sessions": 2,
    "bootstrap_draws": 200,
}
LOG = small_world().log


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("inputs")
    LOG.save(root / "sessions")
    agents = save_agents(root / "agents", Catalogue.of(LOG).spec(8))
    shutil.copytree(agents / "good" / "0", root / "model")
    user_models = save_user_models(root / "user_models", LOG)
    return {
        "sessions": root / "sessions",
        "user_models": user_models,
        "agents": agents,
        "model": root / "model",
    }


def evaluate(root: Path, inputs: dict[str, Path], **changes: object) -> Path:
    folder = root / "evaluation"
    folder.mkdir(parents=True)
    outputs = {"evaluation": folder}
    with tracking.recording(outputs):
        Executor().run(AgentEvaluationConfig.model_validate({**SETTINGS, **changes}), inputs, outputs)
    return folder


def tracked(folder: Path) -> dict[str, float]:
    records = [json.loads(line) for line in (folder / tracking.RECORDS).read_text().splitlines()]
    return {r["name"]: r["value"] for r in records if r["kind"] == "metric"}


@pytest.fixture(scope="module")
def whole(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    model = ModelFolder.load(folders["model"])
    export(model, TfliteExportConfig(formats=("fp16",), check_fp16=False, latency_runs=1), root / "tflite")
    return evaluate(root, {**folders, "tflite": root / "tflite"})


def test_the_file_is_optional() -> None:
    inputs = AgentEvaluation.SPEC_CLASS.INPUTS
    assert set(inputs) == {"sessions", "user_models", "agents", "model", "tflite"}
    assert inputs["tflite"].optional


def test_the_record(whole: Path) -> None:
    record = EvaluationRecord.load(whole)
    assert set(record.baselines) == {
        *("random", "popularity", "taste", "diverse_taste", "popular_taste"),
        *("greedy_sequential", "greedy_simple", "half_random", "softmax", "myopic_truth", "oracle"),
    }
    metrics = record.metrics
    for place in ("world", "simulated"):
        for measure in ("return", "gain", "gain_low", "satisfaction", "length"):
            assert np.isfinite(metrics[f"{place}_{measure}"])  # type: ignore[arg-type]
        policies = record.details["environments"][place]["policies"]
        # The model is the first seed of its agent.
        assert policies["model"]["returns"] == policies["good/0"]["returns"]
        assert policies["bad/0"]["returns"]["value"] < policies["good/0"]["returns"]["value"]
        assert policies["good/0"]["gain"]["high"] - policies["good/0"]["gain"]["low"] > 0
    assert "simulated_return" not in record.baselines["oracle"]
    assert record.baselines["oracle"]["world_return"] > record.baselines["random"]["world_return"]  # type: ignore[operator]
    assert metrics["agents_gain_low"] < metrics["agents_gain"]  # type: ignore[operator]
    assert -1.0 <= metrics["rank_correlation"] <= 1.0  # type: ignore[operator]
    assert record.details["rank_correlation"]["policies"] == 9 + 2
    assert metrics["tflite_equal_choices"] > 0.95  # type: ignore[operator]
    assert np.isfinite(metrics["dr_response"])  # type: ignore[arg-type]
    assert record.data_digest
    assert record.champion is None


def test_gains_are_paired_with_a_heuristic_chosen_elsewhere(whole: Path) -> None:
    details = EvaluationRecord.load(whole).details["environments"]["world"]
    reference = details["reference"]
    assert reference == max(details["selection"], key=details["selection"].get)
    assert set(details["selection"]) == {
        n for n, p in details["policies"].items() if p["kind"] == "heuristic"
    }
    policies = details["policies"]
    assert policies[reference]["gain"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    for numbers in policies.values():
        difference = numbers["returns"]["value"] - policies[reference]["returns"]["value"]
        assert numbers["gain"]["value"] == pytest.approx(difference, abs=1e-4)


def test_pages_and_files(whole: Path) -> None:
    page = (whole / "report.html").read_text()
    for heading in (
        *("Returns", "Policies in the true world", "Policies in the simulator", "Off-policy estimates"),
        *("Through the session", "Exported file", "One session, track by track"),
        "Does the simulator order policies as the world does?",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert {p.name for p in whole.glob("*.png")} == {
        *("returns.png", "scatter.png", "positions.png", "off_policy.png")
    }
    table = pq.read_table(whole / "episodes.parquet")
    assert set(table["environment"].to_pylist()) == {"world", "simulated"}
    assert {"model", "oracle", "good/1", "random"} <= set(table["policy"].to_pylist())
    assert set(table["episode"].to_pylist()) == {0, 1}


def test_metrics_start_with_what_counts(whole: Path) -> None:
    from orchestration.metric_tables import headline

    metrics = tracked(whole)
    assert headline(metrics, 3) == ["test_world_return", "test_world_gain", "test_world_gain_low"]
    for name in (
        *("baseline_taste_world_return", "baseline_oracle_world_return", "test_agents_gain_low"),
        *("agent_good_world_gain_low", "test_rank_correlation", "test_dr_response"),
    ):
        assert name in metrics


@pytest.mark.slow
def test_the_same_seed_gives_the_same_record(whole: Path, folders: dict[str, Path], tmp_path: Path) -> None:
    again = EvaluationRecord.load(evaluate(tmp_path / "again", folders))
    first = EvaluationRecord.load(whole)
    assert again.baselines == first.baselines
    assert again.data_digest == first.data_digest
    other = EvaluationRecord.load(evaluate(tmp_path / "other", folders, seed=1))
    assert other.data_digest != first.data_digest
    assert other.metrics["world_return"] != first.metrics["world_return"]


def test_a_log_without_truth_and_propensities(folders: dict[str, Path], tmp_path: Path) -> None:
    facts = LOG.facts.model_copy(update={"world": None, "propensities": False, "candidates": False})
    bare = replace(LOG, facts=facts, offered=None, propensity=np.full_like(LOG.propensity, np.nan))
    bare.save(tmp_path / "sessions")
    folder = evaluate(tmp_path, {**folders, "sessions": tmp_path / "sessions"}, tracked_sessions=0)
    record = EvaluationRecord.load(folder)
    assert "no propensities" in record.details["off_policy"]["reason"]
    assert "no propensities" in (folder / "report.html").read_text()
    assert not any(n.startswith(("world_", "rank_", "dr_")) for n in record.metrics)
    assert {"simulated_gain_low", "agents_gain_low"} <= set(record.metrics)
    assert "oracle" not in record.baselines
    assert not (folder / "episodes.parquet").exists()


@pytest.mark.slow
def test_slates(folders: dict[str, Path], tmp_path: Path) -> None:
    simulation = {"candidates": 8, "pool": 30, "slate": 2}
    record = EvaluationRecord.load(evaluate(tmp_path, folders, simulation=simulation))
    assert record.metrics["world_length"] > 2  # type: ignore[operator]


def test_agents_of_other_observations_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="takes"):
        evaluate(tmp_path, folders, simulation={"candidates": 9, "pool": 30})
    facts = LOG.facts.model_copy(update={"features": tuple(f"f{n}" for n in range(len(LOG.facts.features)))})
    replace(LOG, facts=facts).save(tmp_path / "sessions")
    with pytest.raises(DataError, match="other observations"):
        evaluate(tmp_path / "b", {**folders, "sessions": tmp_path / "sessions"})


@pytest.mark.slow
def test_the_champion_plays_the_same_sessions(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = ModelFolder.load(folders["agents"] / "bad" / "1")

    def result(name: str, scratch: Path, measure: object) -> ChampionResult:
        assert (name, scratch) == ("playlists", tmp_path)
        return ChampionResult(version="7", metrics=measure(champion))  # type: ignore[operator]

    monkeypatch.setattr(module, "champion_result", result)
    folder = evaluate(tmp_path, folders, registered_model="playlists", tracked_sessions=0)
    record = EvaluationRecord.load(folder)
    assert isinstance(record.champion, ChampionResult)
    same = record.details["environments"]["world"]["policies"]["bad/1"]
    assert record.champion.metrics["world_return"] == same["returns"]["value"]
    assert record.champion.metrics["world_gain_low"] == same["gain"]["low"]
    estimated = record.details["off_policy"]["estimates"]["bad/1"]["dr"]["value"]
    assert record.champion.metrics["dr_response"] == estimated
    assert "champion (version 7)" in (folder / "report.html").read_text()
    assert tracked(folder)["champion_test_world_return"] == record.champion.metrics["world_return"]


@pytest.mark.slow
def test_an_unreachable_champion_is_told(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ChampionUnreachable(unreachable="the registry sleeps")
    monkeypatch.setattr(module, "champion_result", lambda *_: gone)
    folder = evaluate(tmp_path, folders, registered_model="playlists", tracked_sessions=0)
    assert "the registry sleeps" in (folder / "report.html").read_text()
    assert EvaluationRecord.load(folder).champion == gone
