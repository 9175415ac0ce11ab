"""Tests of components/feature_examples/splits.py."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.feature_examples.config import FeatureExamplesConfig
from components.feature_examples.splits import split_rows
from components.temporal_features.feature_table import FeatureFacts
from noria.durations import DAY
from noria.errors import ConfigError, DataError

START = np.datetime64("2024-01-01", "us")


def facts(horizon: int = 7 * DAY) -> FeatureFacts:
    return FeatureFacts(
        index=("shop",),
        features=("x",),
        scale="x",
        target="sales",
        horizon=horizon,
        tick=DAY,
        period=DAY,
        time_zone="UTC",
        series=2,
    )


def daily(days: int, horizon_days: int = 7) -> pa.Table:
    """Two rows per day; the last ``horizon_days`` days have no label."""
    day = np.repeat(np.arange(days), 2)
    label = np.where(day >= days - horizon_days, np.nan, 1.0)
    return pa.table({"timestamp": START + day * np.timedelta64(1, "D"), "label": label})


def days_of(table: pa.Table, mask: pa.BooleanArray) -> list[int]:
    times = table.filter(mask)["timestamp"].to_numpy()
    return sorted(set(((times - START) // np.timedelta64(1, "D")).tolist()))


def test_eval_is_the_end_and_a_horizon_lies_between() -> None:
    table = daily(60)
    splits = split_rows(table, facts(), FeatureExamplesConfig(eval_length="14d"))
    # The last labelled day is 52.
    assert days_of(table, splits.masks["eval"]) == list(range(39, 53))
    assert days_of(table, splits.masks["train"]) == list(range(33))
    assert (splits.gap, splits.unlabelled) == (2 * 6, 2 * 7)


@given(
    days=st.integers(40, 90), horizon=st.integers(1, 10), length=st.integers(1, 12), seed=st.integers(0, 9)
)
def test_no_label_of_train_reaches_into_eval(days: int, horizon: int, length: int, seed: int) -> None:
    table = daily(days, horizon)
    table = table.take(np.random.default_rng(seed).permutation(table.num_rows))
    splits = split_rows(table, facts(horizon * DAY), FeatureExamplesConfig(eval_length=f"{length}d"))
    train, held = days_of(table, splits.masks["train"]), days_of(table, splits.masks["eval"])
    assert len(held) == length
    assert train[-1] + horizon <= held[0]
    counted = sum(mask.true_count for mask in splits.masks.values()) + splits.gap + splits.unlabelled
    assert counted == table.num_rows


def test_too_little_data_says_what_to_shorten() -> None:
    with pytest.raises(DataError, match="eval_length 28d does not fit the data") as caught:
        split_rows(daily(40), facts(), FeatureExamplesConfig())
    assert "shorter eval_length" in caught.value.hint


def test_no_label_at_all() -> None:
    with pytest.raises(DataError, match="no row has a label"):
        split_rows(daily(5), facts(), FeatureExamplesConfig())


def test_eval_shorter_than_a_tick() -> None:
    with pytest.raises(ConfigError, match="eval_length is 6h, shorter than a tick of 1d"):
        split_rows(daily(60), facts(), FeatureExamplesConfig(eval_length="6h"))
