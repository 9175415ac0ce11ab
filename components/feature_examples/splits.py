"""Rows of a feature table that train, and rows that are held against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from components.feature_examples.config import FeatureExamplesConfig
from components.forecast_training.backtest import BacktestConfig, backtest_windows
from components.temporal_features.feature_table import LABEL, FeatureFacts
from noria.durations import duration_text
from noria.errors import ConfigError, DataError

SPLITS = ("train", "eval")


@dataclass(frozen=True)
class SplitRows:
    """Which row goes where.

    Attributes:
        masks: bool [rows] by split.
        unlabelled: Rows without a label; they are in no split.
        gap: Rows between the splits, whose labels reach into the split eval; they are in neither.
    """

    masks: Mapping[str, pa.BooleanArray]
    unlabelled: int
    gap: int


def split_rows(table: pa.Table, facts: FeatureFacts, config: FeatureExamplesConfig) -> SplitRows:
    """Divides the labelled rows by time: the last ``eval_length`` is eval, a horizon before it train ends.

    Args:
        table: Every row of a feature table: ``timestamp`` and ``label`` are read.
        facts: Horizon and tick.
        config: Length of the split eval.

    Raises:
        ConfigError: ``eval_length`` is shorter than a tick.
        DataError: Too few labelled ticks are left to train on.
    """
    if config.eval_length < facts.tick:
        raise ConfigError(
            f"feature_examples: eval_length is {duration_text(config.eval_length)}, shorter than a tick of "
            f"{duration_text(facts.tick)}",
            hint=f"eval_length: {duration_text(facts.tick)} or more",
        )
    timestamps = table["timestamp"].to_numpy().astype("datetime64[us]")
    labelled = np.isfinite(table[LABEL].to_numpy())
    one = BacktestConfig(windows=1, length=config.eval_length, gap=None)
    try:
        (window,) = backtest_windows(timestamps[labelled], one, facts.horizon, facts.tick)
    except DataError as error:
        raise DataError(
            f"feature_examples: eval_length {duration_text(config.eval_length)} does not fit the data: "
            f"{error.message}",
            hint="a shorter eval_length, or more data",
        ) from error
    train, held = labelled & window.train(timestamps), labelled & window.test(timestamps)
    return SplitRows(
        {"train": pa.array(train), "eval": pa.array(held)},
        unlabelled=int((~labelled).sum()),
        gap=int((labelled & ~train & ~held).sum()),
    )
