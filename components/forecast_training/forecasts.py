"""The contract between forecast_training and forecast_evaluation: the layout of a ``Forecasts`` folder.

Layout::

    forecasts.parquet  one row per model, window, series and tick: ``model`` (gbt, rf, network), ``window``
                       (int32), the index columns, ``timestamp``, ``label`` (float64), ``forecast`` (float64,
                       in the label's unit), and one float64 column per quantile: ``q0.1``, ``q0.5``, ``q0.9``
    backtest.json      BacktestFacts
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

FORECASTS, FACTS = "forecasts.parquet", "backtest.json"


class WindowFacts(TypedConfig):
    """One back-test window."""

    number: int = Field(description="0 is the earliest.")
    start: str = Field(description="First test tick, ISO 8601.")
    end: str = Field(description="End of the test ticks (exclusive), ISO 8601.")
    train_end: str = Field(description="Last tick that may train, ISO 8601.")
    train_rows: int = Field(description="Rows trained on.")
    test_rows: int = Field(description="Rows forecast.")


class BacktestFacts(TypedConfig):
    """``backtest.json``."""

    windows: tuple[WindowFacts, ...] = Field(description="Earliest first.")
    quantiles: tuple[float, ...] = Field(
        description="Levels of the quantile columns, ascending, 0.5 included."
    )
    served: dict[str, str] = Field(
        description="Which models are handed on, by output: {'forest': 'gbt', 'network': 'network'}."
    )
    importances: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="Model to feature to importance (last window)."
    )
    details: dict[str, Any] = Field(
        default_factory=dict,
        description="Hyper-parameters chosen, errors on validation; nothing that differs from run to run.",
    )


@dataclass(frozen=True)
class ForecastsFolder:
    """A ``Forecasts`` folder that was opened."""

    path: Path
    facts: BacktestFacts

    @classmethod
    def load(cls, path: Path) -> ForecastsFolder:
        """Reads the facts; raises DataError where the folder is none of forecast_training's."""
        if not (path / FACTS).is_file() or not (path / FORECASTS).is_file():
            raise DataError(
                f"{path} holds no {FORECASTS} with {FACTS}", hint="give forecast_training's output"
            )
        return cls(path, parse_config(BacktestFacts, read_json(path / FACTS), origin=str(path / FACTS)))

    def read(self) -> pa.Table:
        """Every forecast."""
        return pq.read_table(self.path / FORECASTS)


def quantile_column(level: float) -> str:
    """Name of a quantile's column."""
    return f"q{level:g}"


def save_forecasts(path: Path, table: pa.Table, facts: BacktestFacts) -> None:
    """Writes both files."""
    pq.write_table(table, path / FORECASTS)
    write_json(path / FACTS, facts.model_dump(mode="json"))
