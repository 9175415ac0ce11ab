"""Metrics on numbers whose answer is known, and against slow definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.forecast_evaluation.metrics import (
    coverage,
    improvement_interval,
    mase,
    pinball,
    rmse,
    seasonal_scale,
    sums_by,
    wape,
)
from components.forecast_evaluation.period_totals import PeriodTotals
from noria.durations import DAY
from tests.components.forecast_evaluation.folders import START

LABEL, FORECAST = np.array([10.0, 0.0, 30.0]), np.array([12.0, 1.0, 27.0])
numbers = st.lists(st.floats(0.1, 1e6), min_size=2, max_size=30)


def grid(values: np.ndarray) -> PeriodTotals:
    values = np.asarray(values, float)
    sums = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return PeriodTotals(START, DAY, values, sums)


def test_known_values() -> None:
    assert wape(LABEL, FORECAST) == pytest.approx(6 / 40)
    assert rmse(LABEL, FORECAST) == pytest.approx(math.sqrt(14 / 3))
    assert coverage(LABEL, np.array([10.0, 1.0, 0.0]), np.array([10.0, 2.0, 40.0])) == pytest.approx(2 / 3)


def test_nothing_sold_has_no_wape() -> None:
    assert math.isnan(wape(np.zeros(3), FORECAST))
    assert math.isnan(pinball(np.zeros(3), FORECAST[:, None], [0.5]))


def test_mase_leaves_out_rows_without_a_scale() -> None:
    assert mase(LABEL, FORECAST, np.array([2.0, 0.0, np.nan])) == pytest.approx(1.0)
    assert math.isnan(mase(LABEL, FORECAST, np.zeros(3)))


@given(numbers)
def test_pinball_of_the_median_is_half_the_wape(label: list[float]) -> None:
    truth = np.array(label)
    forecast = truth[::-1] * 1.1
    assert pinball(truth, forecast[:, None], [0.5]) == pytest.approx(wape(truth, forecast) / 2)


def test_pinball_punishes_the_unlikely_side() -> None:
    label = np.array([10.0])
    assert pinball(label, np.array([[8.0]]), [0.9]) == pytest.approx(0.9 * 2 / 10)
    assert pinball(label, np.array([[12.0]]), [0.9]) == pytest.approx(0.1 * 2 / 10)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 30), st.integers(0, 3))
def test_seasonal_scale_is_its_definition(ahead: int, season: int, end: int, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(size=(2, 24))
    found = seasonal_scale(grid(values), START + np.timedelta64(end, "D"), ahead, season)
    for series in range(2):
        totals = [values[series, t : t + ahead].sum() for t in range(24 - ahead + 1) if t <= end]
        differences = [abs(b - a) for a, b in zip(totals, totals[season:], strict=False)]
        expected = np.mean(differences) if differences else np.nan
        assert found[series] == pytest.approx(expected, nan_ok=True)


def test_a_series_that_repeats_itself_has_the_scale_0() -> None:
    repeating = np.tile([0.1, 0.7, 0.3], (1, 20))
    assert seasonal_scale(grid(repeating), START + np.timedelta64(50, "D"), 3, 3).tolist() == [0.0]


def test_sums_by_two_groups() -> None:
    groups = (np.array([0, 1, 1, 0]), np.array([2, 0, 0, 2]))
    assert sums_by(np.array([1.0, 2.0, 3.0, 4.0]), groups, (2, 3)).tolist() == [[0, 0, 5], [5, 0, 0]]


def test_the_interval_is_paired_and_seeded() -> None:
    random = np.random.default_rng(0)
    size, baseline = random.uniform(50, 100, (20, 3)), random.uniform(1, 10, (20, 3))
    assert improvement_interval(baseline / 2, baseline, size, 200, 0) == pytest.approx((0.5, 0.5))
    model = baseline * random.uniform(0.7, 1.1, (20, 3))
    low, high = improvement_interval(model, baseline, size, 500, 3)
    assert low < 1 - (model.sum(0) / size.sum(0)).mean() / (baseline.sum(0) / size.sum(0)).mean() < high
    assert (low, high) == improvement_interval(model, baseline, size, 500, 3)
    assert (low, high) != improvement_interval(model, baseline, size, 500, 4)


def test_one_series_has_no_interval() -> None:
    one = np.ones((1, 3))
    assert all(map(math.isnan, improvement_interval(one, one, one, 100, 0)))
