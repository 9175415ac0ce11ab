"""Measures of forecasts against what came; all arrays are [rows] unless said otherwise.

NaN stands for a number that cannot be had, e.g. a share of labels that add up to 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.forecast_evaluation.backtest_rows import FloatArray, IntArray
from components.forecast_evaluation.period_totals import PeriodTotals

NAN = float("nan")


def wape(label: FloatArray, forecast: FloatArray) -> float:
    """Weighted absolute percentage error: the absolute errors' sum over the labels' absolute sum."""
    size = float(np.abs(label).sum())
    return float(np.abs(label - forecast).sum()) / size if size else NAN


def rmse(label: FloatArray, forecast: FloatArray) -> float:
    """Root of the mean squared error, in the label's unit: large series rule it."""
    return float(np.sqrt(np.mean((label - forecast) ** 2)))


def mase(label: FloatArray, forecast: FloatArray, scale: FloatArray) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006): the mean of absolute error over ``scale``.

    Args:
        label: What came.
        forecast: The forecasts.
        scale: Of each row's series (see seasonal_scale); rows whose scale is 0 or NaN are left out.
    """
    usable = scale > 0
    if not usable.any():
        return NAN
    return float(np.mean(np.abs(label - forecast)[usable] / scale[usable]))


def seasonal_scale(periods: PeriodTotals, train_end: np.datetime64, ahead: int, season: int) -> FloatArray:
    """What MASE divides by: the mean absolute difference between totals one season apart.

    A total is one over ``ahead`` periods, as labels are; every stretch of periods that starts at or before
    ``train_end`` counts, which are the labels that training could see.

    Args:
        periods: Totals per period.
        train_end: The last tick that may train.
        ahead: Periods of the horizon.
        season: Periods of a season.

    Returns:
        float64 [series]; NaN where training is no longer than a season.
    """
    last = int(periods.position(np.array([train_end]))[0])
    totals = periods.sums[:, ahead:] - periods.sums[:, :-ahead]
    totals = totals[:, : last + 1]
    if totals.shape[1] <= season:
        return np.full(len(totals), NAN)
    scale: FloatArray = np.abs(totals[:, season:] - totals[:, :-season]).mean(axis=1)
    # Differences of running totals leave dust where the truth is 0.
    scale[scale < 1e-9 * np.abs(totals).max(axis=1, initial=0.0)] = 0.0
    return scale


def pinball(label: FloatArray, quantiles: FloatArray, levels: Sequence[float]) -> float:
    """Pinball (quantile) loss, mean over rows and levels, as a share of the mean absolute label.

    Relative, so that it can be compared between data sets; at the level 0.5 it is half the WAPE
    (Koenker & Bassett 1978).

    Args:
        label: What came.
        quantiles: float64 [rows, levels].
        levels: Of the columns, between 0 and 1.
    """
    size = float(np.abs(label).mean())
    error = label[:, None] - quantiles
    level = np.asarray(levels)
    return float(np.maximum(level * error, (level - 1) * error).mean()) / size if size else NAN


def coverage(label: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of labels inside an interval, its ends included."""
    return float(np.mean((low <= label) & (label <= high)))


def sums_by(values: FloatArray, groups: tuple[IntArray, IntArray], shape: tuple[int, int]) -> FloatArray:
    """Adds up values per pair of groups: float64 ``shape``."""
    flat = np.ravel_multi_index(groups, shape)
    summed: FloatArray = np.bincount(flat, values, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    return summed


def improvement_interval(
    model: FloatArray, baseline: FloatArray, size: FloatArray, draws: int, seed: int
) -> tuple[float, float]:
    """Percentile bootstrap 95 % interval (Efron 1979) of 1 - WAPE of a model / WAPE of a baseline.

    Series are drawn with replacement, all windows of a series together, the same for both forecasters
    (paired); WAPE is the mean over windows. Which baseline is the best is not drawn again.

    Args:
        model: float64 [series, windows], sums of absolute errors.
        baseline: The same of the baseline.
        size: The same of absolute labels.
        draws: Number of bootstrap samples.
        seed: Of the draws.

    Returns:
        Its ends; NaN where a single series leaves nothing to draw.
    """
    series = len(size)
    if series < 2:
        return NAN, NAN
    times = np.random.default_rng(seed).multinomial(series, np.full(series, 1 / series), size=draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A draw without any sales in a window says nothing.
        reached, limit = ((times @ errors / (times @ size)).mean(axis=1) for errors in (model, baseline))
        ratio = reached / limit
    ratio = ratio[np.isfinite(ratio)]
    if not len(ratio):
        return NAN, NAN
    low, high = np.percentile(1 - ratio, (2.5, 97.5))
    return float(low), float(high)
