"""The champion on the last window: which rows it is given, and when it is refused."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.evaluation_record import ChampionResult, ChampionUnreachable
from components.forecast_evaluation.champion import check_card, feature_rows, score_champion
from components.forecast_evaluation.metrics import wape
from components.model_folder import ModelFolder
from components.model_promotion import champion as registry
from components.temporal_features.feature_table import FeatureTable
from noria.errors import DataError
from tests.components.forecast_evaluation.folders import (
    FEATURE_FACTS,
    make_tables,
    write_folders,
    write_model,
)

TABLES = make_tables()


class AlwaysHalf:
    """A forecaster in place of the real one, which loads TensorFlow: half of the last 28 days' level."""

    @classmethod
    def load(cls, folder: Path) -> AlwaysHalf:
        assert (folder / "model.json").is_file()
        return cls()

    def predict(self, matrix: np.ndarray[Any, Any]) -> Any:
        assert matrix.dtype == np.float32
        half = np.full(len(matrix), 0.5)
        return types.SimpleNamespace(forecast_relative=half, quantiles_relative=half[:, None])


@pytest.fixture
def features(tmp_path: Path) -> FeatureTable:
    return FeatureTable.load(write_folders(tmp_path / "inputs", TABLES)["features"])


def champion_of(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The registry has a champion that takes these features."""

    def find(name: str, destination: Path) -> registry.Champion:
        assert name == "sales"
        write_model(destination / "model", "gbt", names)
        return registry.Champion("7", ModelFolder.load(destination / "model"))

    monkeypatch.setattr(registry, "find_champion", find)
    module = types.SimpleNamespace(ForecastModel=AlwaysHalf)
    monkeypatch.setitem(sys.modules, "components.forecast_training.forecast_model", module)  # type: ignore[arg-type]


def test_it_forecasts_the_last_window(
    features: FeatureTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion_of(monkeypatch, *FEATURE_FACTS.features)
    rows = TABLES.rows()
    scored = score_champion("sales", features, rows, tmp_path)
    assert isinstance(scored.result, ChampionResult)
    last = np.flatnonzero(rows.window == 2)
    table = TABLES.features.to_pandas()
    table["series"] = table.shop + " / " + table.group
    wanted = list(zip(np.array(rows.names)[rows.series[last]], rows.timestamp[last], strict=True))
    level = table.set_index(["series", "timestamp"]).level.loc[wanted].to_numpy()
    assert scored.result.metrics == {"last_window_wape": pytest.approx(wape(rows.label[last], level / 2))}
    assert (scored.result.version, scored.trained_until) == ("7", "2024-05-01T00:00:00")
    assert [p.name for p in tmp_path.iterdir()] == ["inputs"]


def test_a_champion_of_other_features_is_not_compared(
    features: FeatureTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion_of(monkeypatch, "level", "price")
    scored = score_champion("sales", features, TABLES.rows(), tmp_path)
    assert isinstance(scored.result, ChampionUnreachable)
    assert (
        "the champion (gbt) was trained on another table: features: level, price against level, weekday"
        in (scored.result.unreachable)
    )


def test_without_a_registered_model_there_is_no_champion(features: FeatureTable, tmp_path: Path) -> None:
    assert score_champion("", features, TABLES.rows(), tmp_path).result is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 86400}, "horizon: 604800 against 86400"),
        ({"scale": "weekday"}, "scale: level against weekday"),
        ({"index": ("shop",)}, "index: shop, group against shop"),
    ],
)
def test_what_a_model_must_share_with_the_table(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    write_model(tmp_path, "gbt")
    card = ModelFolder.load(tmp_path).card
    check_card(card, FEATURE_FACTS, "the forest")
    with pytest.raises(DataError, match=message):
        check_card(card, FEATURE_FACTS.model_copy(update=change), "the forest")
    bare = card.model_copy(update={"facts": {}})
    with pytest.raises(DataError, match="horizon: None against 604800"):
        check_card(bare, FEATURE_FACTS, "the forest")


def test_rows_are_found_by_series_and_tick(features: FeatureTable) -> None:
    rows = TABLES.rows()
    chosen = np.random.default_rng(0).permutation(len(rows.label))[:50]
    table = TABLES.features.take(feature_rows(features, rows, chosen))
    assert np.array_equal(rows.find(table, FEATURE_FACTS.index), rows.series[chosen])
    assert np.array_equal(table["timestamp"].to_numpy(), rows.timestamp[chosen])
    rows.timestamp[chosen[0]] += np.timedelta64(1, "h")
    with pytest.raises(DataError, match=r"1 forecast row\(s\) are not in features.parquet"):
        feature_rows(features, rows, chosen)
