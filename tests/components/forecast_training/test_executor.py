"""A whole training: what is written, that it can be repeated, and that it never looks ahead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.forecast_training.forecasts import ForecastsFolder
from components.model_folder import ModelFolder
from components.signature_contract import contract_of
from components.temporal_features.feature_table import FeatureTable
from tests.components.forecast_training.conftest import (
    FEATURES,
    SERIES,
    run_training,
    small_config,
    write_table,
)


def test_every_model_forecasts_every_window(trained: dict[str, Path]) -> None:
    folder = ForecastsFolder.load(trained["forecasts"])
    table = folder.read().to_pandas()
    assert table.groupby(["model", "window"]).size().to_dict() == {
        (model, window): 14 * SERIES for model in ("gbt", "rf", "network") for window in (0, 1)
    }
    assert list(table.columns) == [
        *("model", "window", "shop", "timestamp", "label", "forecast", "q0.1", "q0.5", "q0.9")
    ]
    assert table.notna().all().all()
    assert (table["q0.1"] <= table["q0.5"]).all()
    assert (table["q0.5"] <= table["q0.9"]).all()
    for _, rows in table.groupby("model"):
        wape = (rows.label - rows.forecast).abs().sum() / rows.label.abs().sum()
        assert wape < 0.12
        assert 0.5 < ((rows.label >= rows["q0.1"]) & (rows.label <= rows["q0.9"])).mean() < 0.97


def test_facts_of_the_backtest(trained: dict[str, Path]) -> None:
    facts = ForecastsFolder.load(trained["forecasts"]).facts
    wape = facts.details["validation_wape"]
    assert facts.served == {"forest": min(wape, key=wape.__getitem__), "network": "network"}
    assert facts.importances.keys() == {"gbt", "rf", "network"}
    assert all(found.keys() == set(FEATURES) for found in facts.importances.values())
    assert [w.test_rows for w in facts.windows] == [14 * SERIES] * 2
    assert facts.windows[1].train_rows - facts.windows[0].train_rows == 14 * SERIES


@pytest.mark.parametrize("output", ["forest", "network"])
def test_what_is_handed_on(trained: dict[str, Path], table: FeatureTable, output: str) -> None:
    folder = ModelFolder.load(trained[output])
    facts = ForecastsFolder.load(trained["forecasts"]).facts
    card = folder.card
    assert card.name == card.facts["model"] == facts.served[output]
    assert card.facts["features"] == list(FEATURES)
    assert (card.facts["scale"], card.facts["index"], card.facts["horizon"]) == ("level", ["shop"], "7d")
    assert folder.examples()["features"].shape == (40, 1, len(FEATURES))
    assert contract_of(folder, None).parameters == {"features": "float32[1, 4]"}
    assert (folder.path / "feature_graph" / "graph" / "graph.txt").read_text() == "stand-in"
    given = json.loads((table.path / "features.json").read_text())
    assert json.loads((folder.path / "feature_graph" / "features.json").read_text()) == given
    page = (folder.path / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<img") == 2


@pytest.mark.parametrize("output", ["forest", "network"])
def test_labels_and_calibration(trained: dict[str, Path], table: FeatureTable, output: str) -> None:
    folder = ModelFolder.load(trained[output])
    windows = ForecastsFolder.load(trained["forecasts"]).facts.windows
    rows = table.read().to_pandas()
    relative = (rows["label"] / rows["level"]).astype(np.float32)
    labels, calibration, known = folder.labels(), folder.calibration(), folder.calibration_labels()
    assert labels is not None
    assert known is not None
    assert calibration is not None
    # A row is known by its level and push.
    row = {(r.level, r.push): i for i, r in enumerate(rows.itertuples())}
    for example, label in zip(folder.examples()["features"][:, 0], labels, strict=True):
        assert (label == relative[row[example[0], example[1]]]).all()
    for sample, label in zip(calibration["features"][:, 0], known, strict=True):
        assert (label == relative[row[sample[0], sample[1]]]).all()
    stamps = [rows.timestamp[row[c[0], c[1]]] for c in calibration["features"][:, 0]]
    assert len(stamps) > 40
    assert np.isfinite(calibration["features"]).all()
    assert max(stamps) < np.datetime64(windows[-1].start)
    assert max(stamps) - min(stamps) < np.timedelta64(21, "D")


def test_metrics_and_pictures_are_reported(trained: dict[str, Path]) -> None:
    records = [json.loads(line) for line in (trained["forest"] / "_records.jsonl").read_text().splitlines()]
    metrics = {r["name"] for r in records if r["kind"] == "metric"}
    assert {"gbt_seconds", "rf_seconds", "network_seconds", "gbt_validation_wape"} <= metrics
    assert {r["epoch"] for r in records if r.get("name") == "valid_pinball"} >= {0, 1}
    shown = {(r["output"], r["path"]) for r in records if r["kind"] == "artifact"}
    assert {("forest", "report.html"), ("forest", "tree.png"), ("network", "report.html")} <= shown


@pytest.mark.slow
def test_later_data_changes_no_earlier_forecast_and_no_choice(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    """Labels and features from the last window on are turned around; the first window must not notice."""
    before = ForecastsFolder.load(trained["forecasts"])
    start = np.datetime64(before.facts.windows[1].start)

    def change(columns: dict[str, Any]) -> None:
        # The gap's labels reach into the last window, so they change too.
        late = columns["timestamp"] >= start - np.timedelta64(6, "D")
        columns["label"] = np.where(late, columns["label"] * 3 + 5, columns["label"])
        columns["push"] = np.where(late, -columns["push"], columns["push"])

    after = ForecastsFolder.load(
        run_training(write_table(tmp_path / "t", change), tmp_path, small_config())["forecasts"]
    )
    assert after.facts.served == before.facts.served
    assert after.facts.details == before.facts.details
    keys = ["model", "shop", "timestamp", "forecast", "q0.1", "q0.5", "q0.9"]
    one, two = (
        f.read().to_pandas().query("timestamp < @limit")[keys].reset_index(drop=True)
        for limit in [start - np.timedelta64(6, "D")]
        for f in (before, after)
    )
    assert len(one) == 3 * 8 * SERIES
    assert one.equals(two)
    # What trains the last window lies before the change, so its models are the same too.
    assert after.facts.importances["gbt"] == before.facts.importances["gbt"]


@pytest.mark.slow
def test_the_same_twice(trained: dict[str, Path], table: FeatureTable, tmp_path: Path) -> None:
    first = ForecastsFolder.load(trained["forecasts"])
    again = ForecastsFolder.load(run_training(table, tmp_path / "again", small_config())["forecasts"])
    assert first.read().equals(again.read())
    assert first.facts == again.facts
