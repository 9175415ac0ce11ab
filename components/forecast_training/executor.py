"""The work of forecast_training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from components import tracking
from components.forecast_training.config import ForecastTrainingConfig
from components.forecast_training.forecasts import save_forecasts
from components.forecast_training.network import unused_features
from components.forecast_training.report import write_forest_report, write_network_report
from components.forecast_training.run_backtest import NETWORK, Backtest, run_backtest, training_rows
from components.forecast_training.save_models import Kept, save_forest, save_network
from components.forecast_training.training_rows import LabelledTable, read_rows
from components.forecast_training.write_forecasts import backtest_facts, forecast_table
from components.model_folder import CALIBRATION_SAMPLES
from components.step_executor import StepExecutor
from components.temporal_features.feature_table import FeatureFacts, FeatureTable


class Executor(StepExecutor[ForecastTrainingConfig]):
    """Runs the back-test, saves the last window's models and every forecast."""

    config_type = ForecastTrainingConfig

    def run(
        self, config: ForecastTrainingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        table = FeatureTable.load(inputs["features"])
        rows = read_rows(table, config.max_ratio)
        result = run_backtest(rows, table.facts, config)
        forecasts = forecast_table(result, rows, config.quantiles)
        save_forecasts(outputs["forecasts"], forecasts, backtest_facts(result, config))
        kept = _kept(result, rows, table.facts, config)
        _hand_on_forest(outputs["forest"], result, table, kept, config)
        _hand_on_network(outputs["network"], result, table, kept, config)
        tracking.metrics({f"{name}_seconds": value for name, value in result.seconds.items()})
        tracking.params({"served_forest": result.served, "windows": len(result.windows), "seed": config.seed})


def _hand_on_forest(
    folder: Path, result: Backtest, table: FeatureTable, kept: Kept, config: ForecastTrainingConfig
) -> None:
    kind = result.served
    forest = result.forests[kind]
    settings = (result.settings.gbt if kind == "gbt" else result.settings.rf).model_dump()
    facts = {"settings": settings, "train_end": _train_end(result)}
    save_forest(folder, kind, forest, table, kept, config.quantiles, facts)
    importance = result.importances[kind]
    for file in write_forest_report(folder, kind, forest.model, importance, result.validation, settings):
        tracking.artifact(file)


def _hand_on_network(
    folder: Path, result: Backtest, table: FeatureTable, kept: Kept, config: ForecastTrainingConfig
) -> None:
    assert result.network is not None
    unused = unused_features(result.network.model, table.facts.features)
    settings = config.network.model_dump()
    facts = {"settings": settings, "unused_features": list(unused), "train_end": _train_end(result)}
    save_network(folder, result.network, table, kept, config.quantiles, facts)
    for epoch, losses in enumerate(result.network.history):
        tracking.metrics(losses, epoch=epoch)
    importance = result.importances[NETWORK]
    for file in write_network_report(folder, result.network, importance, settings, unused):
        tracking.artifact(file)


def _train_end(result: Backtest) -> str:
    """The last tick that the models handed on were trained on."""
    return str(np.datetime_as_string(result.windows[-1].train_end, unit="s"))


def _kept(
    result: Backtest, table: LabelledTable, facts: FeatureFacts, config: ForecastTrainingConfig
) -> Kept:
    tested = result.forecasts[NETWORK][-1][0]
    examples = table.rows.take(tested[_evenly(len(tested), config.examples)])
    _, _, tail = training_rows(table, result.windows[-1], facts, config)
    # The range of a quantized tensor is that of the numbers seen: a missing value has no place in it.
    complete = np.flatnonzero(np.isfinite(tail.features).all(axis=1))
    if not len(complete):
        return Kept(examples.features, examples.target, None, None)
    calibration = tail.take(complete[_evenly(len(complete), CALIBRATION_SAMPLES)])
    return Kept(examples.features, examples.target, calibration.features, calibration.target)


def _evenly(rows: int, count: int) -> npt.NDArray[np.int64]:
    # Over all rows, whatever their order.
    return np.unique(np.linspace(0, rows - 1, count).astype(np.int64))
