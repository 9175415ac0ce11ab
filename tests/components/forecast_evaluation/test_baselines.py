"""Baselines against slow definitions, and that none of them looks ahead."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.forecast_evaluation import baselines as module
from components.forecast_evaluation.backtest_rows import BacktestRows, FloatArray, IntArray
from components.forecast_evaluation.baselines import check_labels, forecast_baselines
from components.forecast_evaluation.config import BaselinesConfig, ForecastEvaluationConfig
from components.forecast_evaluation.period_totals import PeriodTotals
from noria.durations import DAY, HOUR, WEEK
from noria.errors import ConfigError, DataError
from tests.components.forecast_evaluation.folders import START, make_tables

ALL = ForecastEvaluationConfig().baselines


def rows_at(seconds: IntArray, series: IntArray) -> BacktestRows:
    count = len(seconds)
    return BacktestRows(
        keys=pd.Index([f"s{i}" for i in range(int(series.max()) + 1)]),
        series=series,
        window=np.zeros(count, np.int64),
        timestamp=START + seconds.astype("timedelta64[s]"),
        label=np.ones(count),
        forecasts={},
        quantiles={},
    )


def grid(values: FloatArray, period: int) -> PeriodTotals:
    sums = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return PeriodTotals(START, period, values, sums)


def slow(past: FloatArray, period: int, season: int, horizon: int) -> Mapping[str, float]:
    """The baselines of one row by their definitions; ``past`` are the periods up to the tick."""
    ahead, cycle, week = horizon // period, season // period, WEEK // period
    found = {"seasonal_naive": sum(past[len(past) - cycle + i % cycle] for i in range(ahead))}
    for days in (28, 56):
        found[f"moving_average_{days}d"] = past[-days * DAY // period :].mean() * ahead
    for weeks in (4, 8):
        total = 0.0
        for i in range(ahead):
            # The same place in the week, in up to so many weeks before the tick.
            places = len(past) - week + i % week - week * np.arange(weeks)
            total += float(np.median(past[places[places >= 0]]))
        found[f"weekday_median_{weeks}w"] = total
    return found


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(
        [(DAY, WEEK, WEEK), (DAY, WEEK, DAY), (DAY, 2 * DAY, 10 * DAY), (6 * HOUR, DAY, 3 * DAY)]
    ),
    st.integers(0, 99),
)
def test_every_baseline_is_its_definition(lengths: tuple[int, int, int], seed: int) -> None:
    period, season, horizon = lengths
    random = np.random.default_rng(seed)
    values = random.uniform(size=(3, 80 * DAY // period))
    # Early ticks have less behind them than some baselines look back; some lie inside a period.
    seconds = random.integers(7 * DAY, 80 * DAY, 20)
    rows = rows_at(seconds, random.permutation(np.arange(20) % 3))
    found = forecast_baselines(rows, grid(values, period), ALL, season, horizon)
    for i in range(20):
        past = values[rows.series[i], : seconds[i] // period]
        expected = slow(past, period, season, horizon)
        assert {name: forecast[i] for name, forecast in found.items()} == pytest.approx(expected)


@settings(deadline=None, max_examples=50)
@given(st.integers(7 * 24, 40 * 24), st.sampled_from([DAY, 6 * HOUR]), st.integers(0, 99))
def test_no_baseline_looks_past_the_tick(hours: int, period: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(size=(2, 60 * DAY // period))
    rows = rows_at(np.array([hours * HOUR] * 2), np.array([0, 1]))
    before = forecast_baselines(rows, grid(values, period), ALL, WEEK, WEEK)
    later = (np.arange(values.shape[1]) + 1) * period > hours * HOUR
    values[:, later] = random.uniform(-1e6, 1e6, (2, int(later.sum())))
    after = forecast_baselines(rows, grid(values, period), ALL, WEEK, WEEK)
    assert {k: v.tolist() for k, v in before.items()} == {k: v.tolist() for k, v in after.items()}


def test_rows_in_portions_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = make_tables()
    whole = forecast_baselines(tables.rows(), tables.totals(), ALL, WEEK, WEEK)
    monkeypatch.setattr(module, "_CELLS", 1)
    parts = forecast_baselines(tables.rows(), tables.totals(), ALL, WEEK, WEEK)
    assert all(np.allclose(whole[name], parts[name], rtol=1e-12) for name in whole)


def test_kinds_can_be_left_out() -> None:
    config = BaselinesConfig.model_validate(
        {"seasonal_naive": False, "moving_average": ["14d"], "weekday_median": []}
    )
    tables = make_tables()
    assert list(forecast_baselines(tables.rows(), tables.totals(), config, WEEK, WEEK)) == [
        "moving_average_14d"
    ]


@pytest.mark.parametrize(
    ("season", "horizon", "message"),
    [
        (36 * HOUR, WEEK, "season is 36h, no whole number of periods of 1d"),
        (WEEK, 12 * HOUR, "the horizon is 12h, no whole number of periods of 1d"),
    ],
)
def test_lengths_that_are_no_whole_periods(season: int, horizon: int, message: str) -> None:
    tables = make_tables()
    with pytest.raises(ConfigError, match=message):
        forecast_baselines(tables.rows(), tables.totals(), ALL, season, horizon)


def test_a_tick_without_a_season_before_it() -> None:
    rows = rows_at(np.array([3 * DAY, 20 * DAY]), np.array([0, 0]))
    with pytest.raises(DataError, match=r"seasonal_naive needs 7 period.*; 1 forecast\(s\) have fewer"):
        forecast_baselines(rows, grid(np.ones((1, 30)), DAY), ALL, WEEK, WEEK)


def test_a_tick_after_the_data() -> None:
    rows = rows_at(np.array([31 * DAY]), np.array([0]))
    with pytest.raises(DataError, match=r"1 forecast.* after the last of 30 periods"):
        forecast_baselines(rows, grid(np.ones((1, 30)), DAY), ALL, WEEK, WEEK)


def test_labels_that_are_something_else_than_totals() -> None:
    tables = make_tables()
    assert check_labels(tables.rows(), tables.totals(), WEEK) < 1e-9
    with pytest.raises(DataError, match="labels differ from the totals"):
        check_labels(tables.rows(), tables.totals(), 6 * DAY)
