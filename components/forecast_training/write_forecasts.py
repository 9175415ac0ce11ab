"""The back-test as the ``Forecasts`` folder has it: a table of forecasts, and facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from components.forecast_training.config import ForecastTrainingConfig
from components.forecast_training.forecasts import BacktestFacts, WindowFacts, quantile_column
from components.forecast_training.run_backtest import NETWORK, Backtest
from components.forecast_training.training_rows import LabelledTable
from components.temporal_features.feature_table import LABEL


def forecast_table(result: Backtest, table: LabelledTable, levels: tuple[float, ...]) -> pa.Table:
    """One row per model, window, series and tick, in the label's unit (layout: ``forecasts``)."""
    parts = []
    for model, windows in result.forecasts.items():
        for number, (rows, point, quantiles) in enumerate(windows):
            scale = table.scale[rows]
            columns: dict[str, Any] = {
                "model": pa.array(np.full(len(rows), model)).cast(pa.string()),
                "window": np.full(len(rows), number, np.int32),
                **{name: pa.array(values[rows], pa.string()) for name, values in table.index.items()},
                "timestamp": pa.array(table.rows.timestamps[rows], pa.timestamp("us")),
                LABEL: table.label[rows],
                "forecast": point.astype(np.float64) * scale,
            }
            for column, level in enumerate(levels):
                columns[quantile_column(level)] = quantiles[:, column].astype(np.float64) * scale
            parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def backtest_facts(result: Backtest, config: ForecastTrainingConfig) -> BacktestFacts:
    """What the back-test was, and what it was run with."""
    tested = result.forecasts[NETWORK]
    return BacktestFacts(
        windows=tuple(
            WindowFacts(
                number=window.number,
                start=_iso(window.start),
                end=_iso(window.end),
                train_end=_iso(window.train_end),
                train_rows=result.train_rows[window.number],
                test_rows=len(tested[window.number][0]),
            )
            for window in result.windows
        ),
        quantiles=config.quantiles,
        served={"forest": result.served, "network": NETWORK},
        importances=result.importances,
        details={
            "forest": result.settings.model_dump(mode="json"),
            "network": config.network.model_dump(mode="json"),
            "validation_wape": dict(result.validation),
        },
    )


def _iso(moment: np.datetime64) -> str:
    return str(np.datetime_as_string(moment, unit="s"))
