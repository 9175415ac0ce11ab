"""A small FeatureTable of made-up sales, with what is to go wrong in its last weeks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from components.step_executor import StepExecutor
from components.temporal_features.feature_table import FACTS, FEATURES, FeatureFacts, save_facts
from toy.features_config import MakeFeaturesConfig

SHOPS = ("north", "south", "west")


class Executor(StepExecutor[MakeFeaturesConfig]):
    config_type = MakeFeaturesConfig

    def run(
        self, config: MakeFeaturesConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        del inputs
        make_features(outputs["features"], config)


def make_features(folder: Path, config: MakeFeaturesConfig) -> None:
    """Writes features.parquet and features.json: daily ticks of three shops, a horizon of 7 days."""
    random = np.random.default_rng(0)
    shops, days = len(SHOPS), config.days
    rows = shops * days
    day = np.repeat(np.arange(days), shops)
    late = day >= days - config.late_days
    price = random.normal(10, 1, rows) + config.shift * late
    price[late & (random.random(rows) < config.missing)] = np.nan
    shop = np.tile(np.array(SHOPS, object), days)
    shop[late & (shop == "west")] = config.late_shop
    label = random.gamma(5, 20, rows)
    label[day >= days - 7] = np.nan
    table = pa.table(
        {
            "shop": pa.array(shop.tolist(), pa.string()),
            "timestamp": np.datetime64("2024-01-01", "us") + day * np.timedelta64(1, "D"),
            "level": random.gamma(5, 20, rows).astype(np.float32),
            "price": price.astype(np.float32),
            "weekday": (day % 7).astype(np.float32),
            "label": label,
        }
    )
    pq.write_table(table, folder / FEATURES)
    facts = FeatureFacts(
        index=("shop",),
        features=("level", "price", "weekday"),
        scale="level",
        target="sales",
        horizon=7 * 86400,
        tick=86400,
        period=86400,
        time_zone="Europe/Berlin",
        series=shops,
    )
    save_facts(folder, facts)
    assert (folder / FACTS).is_file()
