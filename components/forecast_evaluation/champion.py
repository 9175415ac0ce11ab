"""The registered champion on the last back-test window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.forecast_evaluation.backtest_rows import BacktestRows, IntArray
from components.forecast_evaluation.metrics import wape
from components.model_card import ModelCard
from components.model_folder import ModelFolder
from components.model_promotion.champion import champion_result
from components.temporal_features.feature_table import FeatureFacts, FeatureTable
from noria.durations import parse_duration
from noria.errors import DataError, first_few


@dataclass(frozen=True)
class ScoredChampion:
    """What the champion reaches, and the last tick it was trained on ("" where its card does not tell)."""

    result: ChampionResult | ChampionUnreachable | None
    trained_until: str = ""


def score_champion(
    registered_model: str, features: FeatureTable, rows: BacktestRows, scratch: Path
) -> ScoredChampion:
    """Applies the champion to the rows of the last window; its only metric is ``last_window_wape``.

    The new model's forecasts of that window come from a model that saw nothing after the window's
    ``train_end``. A champion may have been trained on later rows, on the very labels it is scored on: that
    flatters the champion, never the new model. ``trained_until`` lets a reader see it.

    Args:
        registered_model: Name in the registry; empty = there is none to compare with.
        features: The table that forecasts were made from.
        rows: What was forecast.
        scratch: Folder to download into.

    Returns:
        ChampionUnreachable also where the champion takes other features, scale, horizon or index than the
        table has.
    """
    trained_until = ""

    def measure(model: ModelFolder) -> Metrics:
        # Loading a model loads its framework.
        from components.forecast_training.forecast_model import ForecastModel

        nonlocal trained_until
        check_card(model.card, features.facts, "the champion")
        trained_until = str(model.card.facts.get("train_end", ""))
        last = np.flatnonzero(rows.window == rows.window.max())
        table = features.read().take(feature_rows(features, rows, last))
        forecast = ForecastModel.load(model.path).predict(features.matrix(table)).forecast_relative
        scale = table[features.facts.scale].to_numpy().astype(np.float64)
        return {"last_window_wape": wape(rows.label[last], scale * np.asarray(forecast, np.float64).ravel())}

    return ScoredChampion(champion_result(registered_model, scratch, measure), trained_until)


def check_card(card: ModelCard, facts: FeatureFacts, what: str) -> None:
    """Raises DataError unless a model takes the features of a table and forecasts what it holds."""
    expected = {
        "features": list(facts.features),
        "scale": facts.scale,
        "index": list(facts.index),
        "horizon": facts.horizon,
    }
    got = {name: _plain(name, card.facts.get(name)) for name in expected}
    if differ := [name for name in expected if got[name] != expected[name]]:
        told = "; ".join(f"{name}: {_short(got[name])} against {_short(expected[name])}" for name in differ)
        raise DataError(f"{what} ({card.name}) was trained on another table: {told}")


def feature_rows(features: FeatureTable, rows: BacktestRows, chosen: IntArray) -> IntArray:
    """Row numbers of features.parquet of some forecast rows: int64 [chosen].

    Raises:
        DataError: A forecast row has no such series and tick in the table.
    """
    table = features.read()
    moments = table["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64)
    series = rows.find(table, features.facts.index)
    order = np.lexsort((moments, series))
    have = np.stack([series[order], moments[order]], axis=1)
    want = np.stack([rows.series[chosen], rows.timestamp[chosen].astype(np.int64)], axis=1)
    pair = np.dtype([("series", np.int64), ("moment", np.int64)])
    have, want = have.view(pair).ravel(), want.view(pair).ravel()
    place = np.minimum(np.searchsorted(have, want), len(have) - 1)
    if missing := int((have[place] != want).sum()):
        raise DataError(f"{missing} forecast row(s) are not in features.parquet of {features.path}")
    found: IntArray = order[place]
    return found


def _plain(name: str, value: object) -> object:
    if name == "horizon" and value is not None:
        return parse_duration(value)
    return list(value) if isinstance(value, list | tuple) else value


def _short(value: object) -> str:
    return first_few(value) if isinstance(value, list) else str(value)
