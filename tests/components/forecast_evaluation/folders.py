"""Folders as the steps before forecast_evaluation write them, of sales with a weekly season and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from components.forecast_evaluation.backtest_rows import BacktestRows, FloatArray, read_rows
from components.forecast_evaluation.period_totals import PeriodTotals, period_totals
from components.forecast_training.backtest import BacktestConfig, backtest_windows
from components.forecast_training.forecasts import BacktestFacts, WindowFacts, save_forecasts
from components.model_card import ModelCard, Signature, TensorSpec
from components.model_folder import save_model_folder
from components.temporal_features.feature_table import FEATURES, PERIODS, FeatureFacts, save_facts
from noria.durations import DAY, WEEK

START = np.datetime64("2024-01-01", "us")
DAYS, WINDOWS = 140, 3
MODELS = ("gbt", "rf", "network")
FEATURE_FACTS = FeatureFacts(
    index=("shop", "group"),
    features=("level", "weekday"),
    scale="level",
    target="sales",
    horizon=WEEK,
    tick=DAY,
    period=DAY,
    time_zone="UTC",
    series=4,
    data_digest="d1",
)


@dataclass(frozen=True)
class Tables:
    """The three tables; every row of ``forecasts`` is one of ``features``."""

    features: pa.Table
    periods: pa.Table
    forecasts: pa.Table
    facts: BacktestFacts

    def rows(self) -> BacktestRows:
        return read_rows(self.forecasts, FEATURE_FACTS.index, self.facts)

    def totals(self) -> PeriodTotals:
        return period_totals(self.periods, FEATURE_FACTS.index, self.rows(), FEATURE_FACTS.period)


def daily_sales(series: int, seed: int = 0) -> FloatArray:
    """float64 [series, days]: a weekly pattern, a level per series, noise."""
    random = np.random.default_rng(seed)
    pattern = 1 + 0.5 * np.sin(np.arange(DAYS) * 2 * np.pi / 7)
    level = 10.0 * 2.0 ** np.arange(series)
    return level[:, None] * pattern * random.uniform(0.7, 1.3, (series, DAYS))


def make_tables(
    sales: FloatArray | None = None, noise: dict[str, float] | None = None, seed: int = 0
) -> Tables:
    """Forecasts are the label times (1 + noise of the model); the interval is 20 % to either side."""
    sales = daily_sales(4) if sales is None else sales
    noise = noise or {"gbt": 0.02, "rf": 0.05, "network": 0.1}
    series = len(sales)
    names = {
        "shop": np.array([f"s{i // 2}" for i in range(series)]),
        "group": np.array([f"g{i % 2}" for i in range(series)]),
    }
    sums = np.concatenate([np.zeros((series, 1)), sales.cumsum(axis=1)], axis=1)
    days = np.arange(28, DAYS + 1)
    which, seen = np.tile(np.arange(series), len(days)), np.repeat(days, series)
    end = np.minimum(seen + 7, DAYS)
    label = np.where(seen + 7 <= DAYS, sums[which, end] - sums[which, seen], np.nan)
    ticks = START + seen * np.timedelta64(1, "D")
    level = (sums[which, seen] - sums[which, seen - 28]) / 4 + 1e-6
    index: dict[str, Any] = {name: values[which] for name, values in names.items()}
    features = pa.table(
        {
            **index,
            "timestamp": ticks,
            "level": level.astype(np.float32),
            "weekday": (seen % 7).astype(np.float32),
            "label": label,
        }
    )
    day, owner = np.tile(np.arange(DAYS), series), np.repeat(np.arange(series), DAYS)
    periods = pa.table(
        {
            **{name: values[owner] for name, values in names.items()},
            "timestamp": START + day * np.timedelta64(1, "D"),
            "value": sales[owner, day],
        }
    )
    known = np.isfinite(label)
    windows = backtest_windows(ticks[known], BacktestConfig(windows=WINDOWS, length=2 * WEEK), WEEK, DAY)
    random = np.random.default_rng(seed)
    parts, facts = [], []
    for window in windows:
        tested = np.flatnonzero(known & window.test(ticks))
        for model in MODELS:
            forecast = label[tested] * (1 + noise[model] * random.normal(size=len(tested)))
            part = {name: values[tested] for name, values in {**index, "timestamp": ticks}.items()}
            part |= {"label": label[tested], "forecast": forecast}
            part |= {f"q{q:g}": forecast * factor for q, factor in ((0.1, 0.8), (0.5, 1.0), (0.9, 1.2))}
            number = np.full(len(tested), window.number, np.int32)
            parts.append(pa.table({"model": [model] * len(tested), "window": number, **part}))
        facts.append(
            WindowFacts(
                number=window.number,
                start=str(window.start),
                end=str(window.end),
                train_end=str(window.train_end),
                train_rows=int((known & window.train(ticks)).sum()),
                test_rows=len(tested),
            )
        )
    backtest = BacktestFacts(
        windows=tuple(facts),
        quantiles=(0.1, 0.5, 0.9),
        served={"forest": "gbt", "network": "network"},
        importances={"gbt": {"level": 0.7, "weekday": 0.2}},
    )
    return Tables(features, periods, pa.concat_tables(parts), backtest)


def write_folders(root: Path, tables: Tables) -> dict[str, Path]:
    """The four inputs of the step."""
    folders = {name: root / name for name in ("features", "forecasts", "forest", "network")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    pq.write_table(tables.features, folders["features"] / FEATURES)
    pq.write_table(tables.periods, folders["features"] / PERIODS)
    save_facts(folders["features"], FEATURE_FACTS)
    save_forecasts(folders["forecasts"], tables.forecasts, tables.facts)
    write_model(folders["forest"], "gbt")
    write_model(folders["network"], "network")
    return folders


def write_model(folder: Path, name: str, features: Sequence[str] = FEATURE_FACTS.features) -> None:
    """A model's folder with a true card; its SavedModel is an empty file."""
    (folder / "saved_model").mkdir(parents=True)
    (folder / "saved_model" / "saved_model.pb").touch()
    size = (1, len(features))
    card = ModelCard(
        name=name,
        task="regression",
        primary_output="out",
        signature=Signature(
            inputs={"features": TensorSpec(shape=size, dtype="float32")},
            outputs={"out": TensorSpec(shape=(1, 1), dtype="float32")},
        ),
        facts={
            "features": list(features),
            "scale": "level",
            "index": ["shop", "group"],
            "horizon": "7d",
            "train_end": "2024-05-01T00:00:00",
        },
    )
    examples: npt.NDArray[np.float32] = np.zeros((1, *size), np.float32)
    save_model_folder(folder, card, {"features": examples})
