"""Forecasts that need no training, made of totals per period up to the tick.

seasonal_naive       each period of the horizon repeats the last one seen of the same place in the season
                     (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2)
moving_average_28d   the mean of the last 28 days for every period of the horizon
weekday_median_4w    the median of the last 4 weeks per weekday, summed over the horizon's weekdays; where
                     periods are shorter than a day, per place in the week

A tick inside a period is forecast as if it were made at that period's start. Early ticks, which have less
behind them than a baseline looks back, use what there is.
"""

from __future__ import annotations

import numpy as np

from components.forecast_evaluation.backtest_rows import BacktestRows, FloatArray, IntArray
from components.forecast_evaluation.config import BaselinesConfig
from components.forecast_evaluation.period_totals import PeriodTotals
from noria.durations import WEEK, duration_text
from noria.errors import DataError

# Rows whose weeks are laid out at once, so that hourly periods do not fill the memory.
_CELLS = 4_000_000
# Of the labels' absolute sum; single precision stays far below.
_TOLERANCE = 0.01


def forecast_baselines(
    rows: BacktestRows, periods: PeriodTotals, config: BaselinesConfig, season: int, horizon: int
) -> dict[str, FloatArray]:
    """Forecasts every row with every baseline.

    Args:
        rows: What the models forecast.
        periods: Totals per period; only those that end at or before a row's tick are used for it.
        config: Which baselines.
        season: Seconds of the seasonal-naive baseline's season.
        horizon: Seconds that a label reaches ahead.

    Returns:
        Baseline to float64 [rows], in the label's unit.

    Raises:
        ConfigError: A season, horizon or window is no whole number of periods.
        DataError: A tick lies where no whole season of periods has passed, or after the last period.
    """
    ahead = periods.count(horizon, "the horizon")
    seen = _periods_seen(rows, periods)
    found: dict[str, FloatArray] = {}
    if config.seasonal_naive:
        length = periods.count(season, "season")
        _require(seen, length, "seasonal_naive")
        found["seasonal_naive"] = seasonal_naive(rows.series, seen, periods, length, ahead)
    for window in config.moving_average:
        name = f"moving_average_{duration_text(window)}"
        length = periods.count(window, name)
        _require(seen, 1, name)
        begin = np.maximum(seen - length, 0)
        found[name] = periods.total(rows.series, begin, seen) / (seen - begin) * ahead
    for weeks in config.weekday_median:
        name = f"weekday_median_{weeks}w"
        length = periods.count(WEEK, "the week of weekday_median")
        _require(seen, length, name)
        found[name] = weekday_median(rows.series, seen, periods, weeks, length, ahead)
    return found


def seasonal_naive(
    series: IntArray, seen: IntArray, periods: PeriodTotals, season: int, ahead: int
) -> FloatArray:
    """The last ``season`` periods, repeated until ``ahead`` periods are full; ``seen``: [rows] periods."""
    whole, rest = divmod(ahead, season)
    begin = seen - season
    return whole * periods.total(series, begin, seen) + periods.total(series, begin, begin + rest)


def weekday_median(
    series: IntArray, seen: IntArray, periods: PeriodTotals, weeks: int, week: int, ahead: int
) -> FloatArray:
    """The median over weeks per place in the week, as often as the horizon of ``ahead`` periods has it."""
    whole, rest = divmod(ahead, week)
    times = np.full(week, whole, dtype=np.float64)
    times[:rest] += 1
    back = np.arange(-weeks * week, 0)
    # Index -1 is a column of NaN: what lies before the first period is not there, rather than 0.
    padded = np.concatenate([periods.values, np.full((len(periods.values), 1), np.nan)], axis=1)
    found = np.empty(len(series))
    step = max(1, _CELLS // len(back))
    for begin in range(0, len(series), step):
        part = slice(begin, begin + step)
        columns = seen[part, None] + back
        columns = np.where(columns < 0, -1, columns)
        cells = padded[series[part, None], columns].reshape(-1, weeks, week)
        median = np.nanmedian if np.isnan(cells).any() else np.median
        found[part] = median(cells, axis=1) @ times
    return found


def check_labels(rows: BacktestRows, periods: PeriodTotals, horizon: int) -> float:
    """Compares labels with the periods' totals over the horizon, where ticks lie between two periods.

    Returns:
        Absolute difference as a share of the labels' absolute sum; NaN where no tick can be compared.

    Raises:
        DataError: More than a hundredth: baselines would forecast something else than the models.
    """
    seen, ahead = _periods_seen(rows, periods), periods.count(horizon, "the horizon")
    between = periods.start + seen * np.timedelta64(periods.period, "s") == rows.timestamp
    whole = between & (seen + ahead < periods.sums.shape[1])
    if not whole.any():
        return float("nan")
    label = rows.label[whole]
    total = periods.total(rows.series[whole], seen[whole], seen[whole] + ahead)
    off = float(np.abs(label - total).sum())
    size = float(np.abs(label).sum())
    if off > _TOLERANCE * size:
        raise DataError(
            f"labels differ from the totals of periods.parquet over the {duration_text(horizon)} after their "
            f"ticks by {off:.6g} in all, labels are {size:.6g} in all: baselines would forecast something "
            "else than the models",
            hint="baselines need a label that is the sum of the target over the horizon",
        )
    return off / size if size else 0.0


def _periods_seen(rows: BacktestRows, periods: PeriodTotals) -> IntArray:
    seen = periods.position(rows.timestamp)
    last = periods.values.shape[1]
    if late := int((seen > last).sum()):
        raise DataError(f"{late} forecast(s) were made after the last of {last} periods of periods.parquet")
    return seen


def _require(seen: IntArray, least: int, name: str) -> None:
    if early := int((seen < least).sum()):
        raise DataError(
            f"{name} needs {least} period(s) before a tick; {early} forecast(s) have fewer",
            hint="fewer back-test windows, or leave the baseline out (forecast_evaluation.baselines)",
        )
