"""The whole temporal pipeline through the command line, on a slice of real sales, MLflow included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.complete_journey import write_slice
from tests.whole_runs import Noria

CONFIG = Path(__file__).parent / "data" / "temporal-small.yaml"
STEPS = [
    "event_ingest",
    "temporal_features",
    "feature_examples",
    "statistics_gen",
    "schema_gen",
    "example_validator",
    "feature_validation",
    "forecast_training",
    "forecast_evaluation",
    "tflite_export",
    "device_check",
    "forest_promotion",
    "network_promotion",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "events.csv"
    write_slice(path, departments=6, days=112)
    return path


@pytest.fixture(scope="module")
def arguments(events: Path) -> list[str]:
    return ["run", "temporal", "--config", str(CONFIG), "--set", f"events.source.path={events}"]


@pytest.fixture(scope="module")
def first(noria: Noria, arguments: list[str]) -> Any:
    """One run to the end."""
    return noria.json(*arguments)


def test_runs_to_the_end(first: Any) -> None:
    assert first["state"] == "succeeded"
    assert sorted(step["name"] for step in first["steps"]) == sorted(STEPS)
    assert {step["state"] for step in first["steps"]} == {"succeeded"}
    assert not any(step["cached"] for step in first["steps"])


def test_says_what_it_measured(first: Any) -> None:
    metrics = first["metrics"]
    for model in ("forest", "network"):
        assert 0 < metrics[f"{model}_wape"] < 1
        assert metrics[f"{model}_wape_improvement_low"] <= metrics[f"{model}_wape_improvement_high"]
        assert 0 <= metrics[f"{model}_coverage_80"] <= 1
    best = min(value for name, value in metrics.items() if name.startswith("baseline_") and "_wape" in name)
    assert metrics["forest_wape_improvement"] == pytest.approx(1 - metrics["forest_wape"] / best, abs=1e-6)
    assert metrics["tflite_bytes"] == Path(first["artifacts"]["tflite"], "model.tflite").stat().st_size


def test_promotes_each_model_by_its_own_gates(first: Any) -> None:
    promoted = {promotion["registered_model"]: promotion["promoted"] for promotion in first["promotions"]}
    # No model is ten times better than a baseline.
    assert promoted == {"slice-forest": True, "slice-network": False}


def test_reports_open_without_a_network(first: Any) -> None:
    pages = [path for path in first["reports"] if path.endswith(".html")]
    assert len(pages) >= 6
    for page in pages:
        text = Path(page).read_text()
        assert "https://" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_an_unchanged_run_is_cached_and_tells_the_same(
    noria: Noria, arguments: list[str], first: Any
) -> None:
    again = noria.json(*arguments)
    assert all(step["cached"] for step in again["steps"])
    assert again["metrics"] == first["metrics"]
    assert again["artifacts"] == first["artifacts"]


@pytest.mark.parametrize("model", ["forest", "network"])
def test_scoring_gives_the_forecasts_of_the_back_test(
    noria: Noria, first: Any, events: Path, tmp_path: Path, model: str
) -> None:
    output = tmp_path / "scores.parquet"
    told = noria.json(
        *("score", "temporal", "--run", first["id"], "--model", model),
        *("--events", str(events), "-o", str(output)),
    )
    scores = pd.read_parquet(output)
    assert told["rows"] == len(scores)
    table = pq.read_table(Path(first["artifacts"]["forecasts"], "forecasts.parquet")).to_pandas()
    name = {"network": "network"}.get(model) or served(first)
    last = table[(table.model == name) & (table.window == table.window.max())]
    both = last.merge(scores, on=["department", "timestamp"], suffixes=("_trained", "_scored"))
    assert len(both) == len(last) > 0
    for column in ("forecast", "q0.1", "q0.5", "q0.9"):
        trained, scored = both[f"{column}_trained"], both[f"{column}_scored"]
        assert scored.to_numpy() == pytest.approx(trained.to_numpy(), rel=1e-5)


def served(run: Any) -> str:
    facts = json.loads(Path(run["artifacts"]["forecasts"], "backtest.json").read_text())
    return str(facts["served"]["forest"])


def test_the_champion_scores_new_events(noria: Noria, first: Any, events: Path, tmp_path: Path) -> None:
    del first
    output = tmp_path / "next.parquet"
    said = noria("score", "temporal", "--events", str(events), "-o", str(output), "--latest")
    assert "champion slice-forest version 1" in said
    scores = pd.read_parquet(output)
    assert scores.department.is_unique
    assert scores.timestamp.nunique() == 1
    assert (scores["q0.1"] <= scores["q0.9"]).all()


def test_a_model_that_breaks_the_champions_contract_scores_nothing(
    noria: Noria, first: Any, events: Path, tmp_path: Path
) -> None:
    (card,) = [
        path
        for path in noria.home.rglob("registered-model-*/artifacts/model/model.json")
        if json.loads(path.read_text())["name"] == served(first)
    ]
    kept = card.read_text()
    changed = json.loads(kept)
    shape = changed["signature"]["inputs"]["features"]["shape"]
    shape[1] -= 1
    output = tmp_path / "scores.parquet"
    card.write_text(json.dumps(changed))
    try:
        process = noria.start(
            *("score", "temporal", "--run", first["id"], "--model", "forest"),
            *("--events", str(events), "-o", str(output)),
        )
        told = " ".join(process.communicate(timeout=300)[1].split())
    finally:
        card.write_text(kept)
    assert process.returncode == 2, told
    assert f"input features: float32[1, {shape[1]}] -> float32[1, {shape[1] + 1}]" in told
    assert "--set promotion.forest.contract_may_change=true" in told
    assert not output.exists()


def test_a_broken_source_ends_before_anything_is_computed(
    noria: Noria, arguments: list[str], events: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "events.csv"
    lines = events.read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[0], "yesterday", 1)
    broken.write_text("\n".join(lines))
    result = noria.json(*arguments, "--set", f"events.source.path={broken}", status=1)
    failed = [step for step in result["steps"] if step["state"] == "failed"]
    assert [step["name"] for step in failed] == ["event_ingest"]
    assert "yesterday" in failed[0]["error"]
    assert "Traceback" not in failed[0]["error"]


def test_a_feature_that_looks_ahead_is_refused_by_name(noria: Noria, arguments: list[str]) -> None:
    tomorrow = "features.features.peek={op: lead, of: week, by: 7d}"
    result = noria.json(*arguments, "--set", tomorrow, status=1)
    failed = [step for step in result["steps"] if step["state"] == "failed"]
    assert [step["name"] for step in failed] == ["temporal_features"]
    assert "peek" in failed[0]["error"]


def test_other_events_by_configuration_alone(noria: Noria, tmp_path: Path) -> None:
    from tests.components.event_ingest.online_retail import write_online_retail

    path = tmp_path / "online_retail.csv"
    write_online_retail(path, rows=30_000, seed=0)
    result = noria.json(
        *("run", "temporal", "--config", "configs/temporal_online_retail.yaml"),
        *("--set", f"events.source.path={path}", "--set", "training.network.epochs=2"),
        *("--set", "training.backtest.windows=2"),
        *("--set", "training.forest={gbt: {trees: 20}, rf: {trees: 20}}"),
    )
    assert result["state"] == "succeeded"
