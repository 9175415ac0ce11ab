"""A small feature table whose labels can be learned, and what training makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components import tracking
from components.forecast_training.config import ForecastTrainingConfig
from components.forecast_training.executor import Executor
from components.temporal_features.feature_table import FeatureFacts, FeatureTable, save_facts

SERIES, TICKS, HORIZON = 5, 130, 7
# One name that no TensorFlow argument could have.
FEATURES = ("level", "push", "lag [7d]/level", "holes")
DAY = np.timedelta64(1, "D")

Change = Callable[[dict[str, Any]], None]


def write_table(folder: Path, change: Change | None = None) -> FeatureTable:
    """Writes a FeatureTable: label = level * (1 + push / 2) and some noise; ``change`` edits the columns."""
    random = np.random.default_rng(0)
    rows = SERIES * TICKS
    tick = np.repeat(np.arange(TICKS), SERIES)
    series = np.tile(np.arange(SERIES), TICKS)
    level = 10.0 ** (1 + series % 3) * random.uniform(0.8, 1.2, rows)
    push = random.uniform(-1, 1, rows)
    columns: dict[str, Any] = {
        "shop": np.array([f"s{n}" for n in series]),
        "timestamp": np.datetime64("2024-01-01", "us") + tick * DAY,
        "level": level.astype(np.float32),
        "push": push.astype(np.float32),
        "lag [7d]/level": random.normal(1, 0.2, rows).astype(np.float32),
        "holes": np.where(random.random(rows) < 0.3, np.nan, random.normal(0, 1, rows)).astype(np.float32),
        "label": np.where(
            tick < TICKS - HORIZON, level * (1 + push / 2 + random.normal(0, 0.05, rows)), np.nan
        ),
    }
    if change:
        change(columns)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "features.parquet")
    (folder / "graph").mkdir(exist_ok=True)
    (folder / "graph" / "graph.txt").write_text("stand-in")
    facts = FeatureFacts(
        index=("shop",),
        features=FEATURES,
        scale="level",
        target="sales",
        horizon="7d",
        tick="1d",
        period="1d",
        time_zone="UTC",
        series=SERIES,
    )
    save_facts(folder, facts)
    return FeatureTable.load(folder)


def small_config(**changes: Any) -> ForecastTrainingConfig:
    """Two short windows, small models."""
    tree: dict[str, Any] = {
        "backtest": {"windows": 2, "length": "14d"},
        "validation": "21d",
        "forest": {
            "gbt": {"trees": 40, "shrinkage": 0.1, "min_examples": 5, "attributes": 1.0},
            "rf": {"trees": 20, "attributes": 1.0},
        },
        "network": {"epochs": 30, "batch_size": 64, "units": 16, "learning_rate": 0.01, "dropout": 0.0},
        "examples": 40,
    }
    return ForecastTrainingConfig.model_validate({**tree, **changes})


def run_training(table: FeatureTable, folder: Path, config: ForecastTrainingConfig) -> dict[str, Path]:
    """Runs the executor; returns its outputs."""
    outputs = {name: folder / name for name in ("forest", "network", "forecasts")}
    for path in outputs.values():
        path.mkdir(parents=True)
    with tracking.recording(outputs):
        Executor().run(config, {"features": table.path}, outputs)
    return outputs


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> FeatureTable:
    """The table as it is."""
    return write_table(tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="session")
def trained(table: FeatureTable, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Outputs of a training on it."""
    return run_training(table, tmp_path_factory.mktemp("trained"), small_config())
