"""Models beside baselines: per window, per series, by age."""

from __future__ import annotations

import numpy as np
import pytest

from components.forecast_evaluation.backtest_rows import FloatArray
from components.forecast_evaluation.baselines import forecast_baselines
from components.forecast_evaluation.comparison import Comparison, compare
from components.forecast_evaluation.config import BaselinesConfig, ForecastEvaluationConfig
from components.forecast_evaluation.metrics import wape
from components.forecast_evaluation.series_table import series_table
from noria.durations import WEEK
from noria.errors import DataError
from tests.components.forecast_evaluation.folders import Tables, daily_sales, make_tables

NONE = BaselinesConfig.model_validate({"seasonal_naive": False, "moving_average": [], "weekday_median": []})


def compared(tables: Tables, config: BaselinesConfig | None = None) -> Comparison:
    rows, totals = tables.rows(), tables.totals()
    config = config or ForecastEvaluationConfig().baselines
    baselines = forecast_baselines(rows, totals, config, WEEK, WEEK)
    return compare(rows, tables.facts, baselines, totals, ahead=7, season=7)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compared(make_tables())


def spoilt(comparison_of: FloatArray, series: int) -> Comparison:
    """The forest's forecasts of one series are ten times what came."""
    tables = make_tables(comparison_of)
    rows = tables.rows()
    rows.forecasts["gbt"][rows.series == series] = 10 * rows.label[rows.series == series]  # type: ignore[index]
    totals = tables.totals()
    baselines = forecast_baselines(rows, totals, ForecastEvaluationConfig().baselines, WEEK, WEEK)
    return compare(rows, tables.facts, baselines, totals, ahead=7, season=7)


def test_metrics_are_means_over_windows(comparison: Comparison) -> None:
    rows, found = comparison.rows, comparison.metrics("gbt")
    values = [wape(rows.label[rows.window == w], rows.forecasts["gbt"][rows.window == w]) for w in range(3)]
    assert found["wape"] == pytest.approx(np.mean(values))
    assert found["last_window_wape"] == pytest.approx(values[-1])
    assert set(found) == {"wape", "rmse", "mase", "pinball", "coverage_80", "last_window_wape"}
    assert set(comparison.metrics("seasonal_naive")) == {"wape", "rmse", "mase", "last_window_wape"}


def test_more_noise_is_a_worse_model(comparison: Comparison) -> None:
    for metric in ("wape", "rmse", "mase", "pinball"):
        values = [comparison.metrics(model)[metric] or 0 for model in ("gbt", "rf", "network")]
        assert values == sorted(values)
        assert len(set(values)) == 3
    assert comparison.metrics("gbt")["coverage_80"] == 1.0
    assert 0.9 < (comparison.metrics("network")["coverage_80"] or 0) < 1.0


def test_improvement_is_over_the_best_baseline(comparison: Comparison) -> None:
    best = comparison.best_baseline
    assert best
    reached = {name: comparison.metrics(name)["wape"] or 0 for name in comparison.baselines}
    assert reached[best] == min(reached.values())
    found = comparison.improvement("gbt", 200, 0)
    value = 1 - (comparison.metrics("gbt")["wape"] or 0) / reached[best]
    assert found["wape_improvement"] == pytest.approx(value)
    assert (found["wape_improvement_low"] or 0) <= value <= (found["wape_improvement_high"] or 0)


def test_without_baselines_there_is_no_improvement() -> None:
    comparison = compared(make_tables(), NONE)
    assert comparison.best_baseline is None
    assert comparison.improvement("gbt", 200, 0) == {}
    assert series_table(comparison, "gbt").losing == []


def test_weeks_since_training_start_after_the_gap(comparison: Comparison) -> None:
    assert set(comparison.weeks_since_training().tolist()) == {1, 2}
    first = comparison.weeks_since_training() == 1
    label, forecast = comparison.rows.label[first], comparison.rows.forecasts["gbt"][first]
    assert comparison.wape_by_week("gbt")[1] == pytest.approx(wape(label, forecast))


def test_a_series_that_never_changes_is_left_out_of_mase() -> None:
    sales = daily_sales(4)
    sales[1] = 5.0
    comparison = compared(make_tables(sales))
    assert comparison.unscaled == 1
    assert np.isfinite(comparison.windows["gbt"]["mase"]).all()


def test_windows_that_the_facts_do_not_know() -> None:
    tables = make_tables()
    facts = tables.facts.model_copy(update={"windows": tables.facts.windows[:2]})
    with pytest.raises(DataError, match=r"backtest.json has windows 0, 1, forecasts.parquet has 0, 1, 2"):
        compared(Tables(tables.features, tables.periods, tables.forecasts, facts))


def test_the_series_it_loses_on_are_told() -> None:
    comparison = spoilt(daily_sales(4), series=2)
    table = series_table(comparison, "gbt")
    assert [row.series for row in table.losing] == ["s1 / g0"]
    assert table.rows[0].series == "s1 / g0"
    assert table.rows[0].wape == pytest.approx(9.0)
    size = comparison.size.sum(axis=1)
    assert table.losing_share == pytest.approx(size[2] / size.sum())
    assert table.losing_to_any >= 1
    assert table.shown["worst"] == 2
    wapes = comparison.series_wape("gbt")
    assert table.shown["best"] == wapes.argmin()
    assert sorted(wapes)[1] <= wapes[table.shown["median"]] <= sorted(wapes)[2]


def test_only_so_many_series_are_listed_and_the_rest_is_counted() -> None:
    details = series_table(spoilt(daily_sales(4), series=2), "gbt").details(limit=3)
    assert details["per_series"][0]["series"] == "s1 / g0"
    assert (len(details["per_series"]), details["per_series_left_out"], details["series"]) == (3, 1, 4)


def test_a_series_that_sells_nothing_has_no_wape_and_comes_last() -> None:
    sales = daily_sales(4)
    sales[0] = 0.0
    table = series_table(compared(make_tables(sales)), "gbt")
    assert (table.rows[-1].series, table.rows[-1].wape, table.rows[-1].share) == ("s0 / g0", None, 0.0)
    assert 0 not in table.shown.values()
