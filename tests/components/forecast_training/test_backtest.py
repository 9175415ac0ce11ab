"""Test windows: where they lie, and that no training label reaches into one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.forecast_training.backtest import BacktestConfig, backtest_windows
from noria.errors import ConfigError, DataError

DAY = 86_400
STAMPS = np.datetime64("2024-01-01", "us") + np.arange(200) * np.timedelta64(1, "D")


@given(
    windows=st.integers(1, 6),
    length=st.integers(1, 28),
    horizon=st.integers(1, 10),
    more=st.integers(0, 5),
    every=st.integers(1, 7),
)
def test_no_label_of_training_reaches_into_a_window(
    windows: int, length: int, horizon: int, more: int, every: int
) -> None:
    config = BacktestConfig(
        windows=windows, length=length * DAY, gap=(horizon + more) * DAY, every=every * DAY
    )
    found = backtest_windows(STAMPS, config, horizon * DAY, DAY)
    assert len(found) == windows
    seen = np.zeros(len(STAMPS), int)
    for window in found:
        train, test = window.train(STAMPS), window.test(STAMPS)
        seen += test
        assert train.any()
        if test.any():
            assert STAMPS[train].max() + np.timedelta64(horizon, "D") <= STAMPS[test].min()
    assert seen.max() == 1
    assert seen[-1] == 1
    if every == 1:
        assert seen.sum() == windows * length


def test_a_gap_shorter_than_the_horizon_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"backtest\.gap is 6d, shorter than the horizon of 7d"):
        backtest_windows(STAMPS, BacktestConfig(gap="6d"), 7 * DAY, DAY)


def test_too_many_windows_for_the_data() -> None:
    with pytest.raises(DataError, match="7 windows of 28d leave 0"):
        backtest_windows(STAMPS, BacktestConfig(windows=7, length="28d"), 7 * DAY, DAY)


def test_a_window_shorter_than_a_tick() -> None:
    with pytest.raises(ConfigError, match="shorter than a tick"):
        backtest_windows(STAMPS, BacktestConfig(length="1h"), 7 * DAY, DAY)


def test_no_labelled_row() -> None:
    with pytest.raises(DataError, match="no row has a label"):
        backtest_windows(STAMPS[:0], BacktestConfig(), 7 * DAY, DAY)
