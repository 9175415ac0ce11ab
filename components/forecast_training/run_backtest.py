"""The back-test: every model on every window, trained on what lay before it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from components import tracking
from components.forecast_training.backtest import Window, backtest_windows
from components.forecast_training.config import ForecastTrainingConfig, ForestConfig
from components.forecast_training.forests import KINDS, Kind, fit_forest, importances, predict_forest
from components.forecast_training.intervals import IntervalOffsets, fit_offsets
from components.forecast_training.network import permutation_importances, predict_network
from components.forecast_training.train_network import TrainedNetwork, train_network
from components.forecast_training.training_rows import LabelledTable, Rows, head_and_tail, thinned
from components.forecast_training.tuning import tune
from components.temporal_features.feature_table import FeatureFacts
from noria.errors import DataError

NETWORK = "network"


@dataclass(frozen=True)
class FittedForest:
    """A forest fitted on all training rows of a window, and the offsets of its quantiles."""

    model: Any
    offsets: IntervalOffsets


@dataclass
class Backtest:
    """What came of it.

    Attributes:
        windows: Earliest first.
        settings: Hyper-parameters of the forests, as tuned.
        served: The kind of forest with the smaller error on the validation tail before the first window.
        validation: Those errors (WAPE).
        train_rows: Training rows per window.
        forests: Those of the last window.
        network: That of the last window.
        forecasts: Model to window number to (rows, relative forecast, relative quantiles); rows are
            positions in the labelled table.
        importances: Model to feature to importance, of the last window's models.
        seconds: Model to seconds of training over all windows.
    """

    windows: list[Window]
    settings: ForestConfig
    served: Kind
    validation: dict[Kind, float]
    train_rows: list[int] = field(default_factory=list)
    forests: dict[Kind, FittedForest] = field(default_factory=dict)
    network: TrainedNetwork | None = None
    forecasts: dict[str, list[tuple[Any, Any, Any]]] = field(default_factory=dict)
    importances: dict[str, dict[str, float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def run_backtest(table: LabelledTable, facts: FeatureFacts, config: ForecastTrainingConfig) -> Backtest:
    """Trains and forecasts, window by window.

    Args:
        table: The labelled rows.
        facts: Names, horizon and tick of their feature table.
        config: Everything that can be chosen.

    Raises:
        ConfigError: The windows' gap is shorter than the horizon.
        DataError: There is too little time for the windows, or no row to train on or to forecast.
    """
    stamps = table.rows.timestamps
    windows = backtest_windows(stamps, config.backtest, facts.horizon, facts.tick)
    rows, head, tail = training_rows(table, windows[0], facts, config)
    settings, validation = tune(config, head, tail, facts.features)
    served = min(KINDS, key=lambda kind: validation[kind])
    result = Backtest(windows, settings, served, validation)
    for window in windows:
        rows, head, tail = training_rows(table, window, facts, config)
        tested = np.flatnonzero(window.test(stamps))
        if not len(tested):
            raise DataError(
                f"window {window.number} from {window.start} to {window.end} has no row to forecast",
                hint="a longer backtest.length or a shorter backtest.every",
            )
        result.train_rows.append(len(rows))
        _one_window(result, table, tested, (rows, head, tail), facts, config)
        tracking.progress(window.number + 1, len(windows), "windows")
    for kind, forest in result.forests.items():
        result.importances[kind] = importances(forest.model, facts.features)
    assert result.network is not None
    result.importances[NETWORK] = permutation_importances(
        result.network.model, tail, facts.features, config.quantiles.index(0.5), config.seed
    )
    return result


def training_rows(
    table: LabelledTable, window: Window, facts: FeatureFacts, config: ForecastTrainingConfig
) -> tuple[Rows, Rows, Rows]:
    """What a window's models are trained on: all rows, and their head and tail (see ``head_and_tail``)."""
    rows = thinned(table.rows.take(window.train(table.rows.timestamps)), config.train_every)
    return rows, *head_and_tail(rows, config.validation, facts.horizon)


def _one_window(
    result: Backtest,
    table: LabelledTable,
    tested: np.ndarray[Any, Any],
    training: tuple[Rows, Rows, Rows],
    facts: FeatureFacts,
    config: ForecastTrainingConfig,
) -> None:
    rows, head, tail = training
    features = table.rows.features[tested]
    for kind in KINDS:
        started = time.perf_counter()
        fitted = _fit_with_offsets(kind, result.settings, rows, head, tail, facts, config)
        result.forests[kind] = fitted
        point = predict_forest(fitted.model, features, facts.features)
        quantiles = fitted.offsets.quantiles(point, table.scale[tested])
        _keep(result, kind, (tested, point, quantiles), started)
    started = time.perf_counter()
    result.network = train_network(rows, head, tail, facts.features.index(facts.scale), config)
    relative = predict_network(result.network.model, features)
    _keep(result, NETWORK, (tested, relative[:, config.quantiles.index(0.5)], relative), started)


def _fit_with_offsets(
    kind: Kind,
    settings: ForestConfig,
    rows: Rows,
    head: Rows,
    tail: Rows,
    facts: FeatureFacts,
    config: ForecastTrainingConfig,
) -> FittedForest:
    chosen = settings.gbt if kind == "gbt" else settings.rf
    names = facts.features
    judged = fit_forest(chosen, head, names, config)
    errors = tail.target - predict_forest(judged, tail.features, names)
    scale = tail.features[:, names.index(facts.scale)]
    offsets = fit_offsets(errors, scale, config.quantiles, config.interval_groups)
    return FittedForest(fit_forest(chosen, rows, names, config), offsets)


def _keep(result: Backtest, model: str, forecast: tuple[Any, Any, Any], started: float) -> None:
    result.forecasts.setdefault(model, []).append(forecast)
    result.seconds[model] = result.seconds.get(model, 0.0) + time.perf_counter() - started
