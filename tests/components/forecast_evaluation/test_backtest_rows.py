"""Forecasts of several models on one set of rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from components.forecast_evaluation.backtest_rows import read_rows
from components.forecast_evaluation.period_totals import period_totals
from noria.durations import DAY
from noria.errors import ConfigError, DataError
from tests.components.forecast_evaluation.folders import FEATURE_FACTS, Tables, make_tables

INDEX = FEATURE_FACTS.index


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_tables()


def changed(table: pa.Table, column: str, values: object) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, pa.array(values))


def test_the_order_of_the_file_does_not_matter(tables: Tables) -> None:
    shuffled = tables.forecasts.take(np.random.default_rng(0).permutation(tables.forecasts.num_rows))
    rows, same = tables.rows(), read_rows(shuffled, INDEX, tables.facts)
    for name in ("series", "window", "timestamp", "label"):
        assert np.array_equal(getattr(rows, name), getattr(same, name))
    assert {k: v.tolist() for k, v in rows.forecasts.items()} == {
        k: v.tolist() for k, v in same.forecasts.items()
    }
    assert np.array_equal(rows.quantiles["gbt"], same.quantiles["gbt"])


def test_series_have_readable_names(tables: Tables) -> None:
    assert tables.rows().names == ["s0 / g0", "s0 / g1", "s1 / g0", "s1 / g1"]


def test_index_values_that_run_into_each_other_stay_apart(tables: Tables) -> None:
    first = tables.forecasts.slice(0, 2)
    table = changed(changed(first, "shop", ["a / b", "a"]), "group", ["c", "b / c"])
    assert len(read_rows(table, INDEX, tables.facts).keys) == 2


def test_one_series_without_index_columns(tables: Tables) -> None:
    one = tables.forecasts.filter(np.array(tables.forecasts["shop"]) == "s0")
    one = one.filter(np.array(one["group"]) == "g0").drop_columns(["shop", "group"])
    rows = read_rows(one, (), tables.facts)
    assert rows.names == ["all"]
    assert set(rows.series.tolist()) == {0}


def test_models_that_forecast_different_rows(tables: Tables) -> None:
    with pytest.raises(DataError, match="network and gbt forecast different rows"):
        read_rows(tables.forecasts.slice(0, tables.forecasts.num_rows - 1), INDEX, tables.facts)


def test_rows_that_come_twice(tables: Tables) -> None:
    gbt = tables.forecasts.filter(np.array(tables.forecasts["model"]) == "gbt")
    with pytest.raises(DataError, match=r"3 row\(s\) of gbt come twice"):
        read_rows(pa.concat_tables([gbt, gbt.slice(0, 3)]), INDEX, tables.facts)


def test_forecasts_that_are_no_numbers(tables: Tables) -> None:
    forecast = tables.forecasts["forecast"].to_numpy().copy()
    forecast[:2] = np.nan, np.inf
    with pytest.raises(DataError, match=r"2 label\(s\) or forecasts .* no finite number"):
        read_rows(changed(tables.forecasts, "forecast", forecast), INDEX, tables.facts)


def test_a_model_without_quantiles(tables: Tables) -> None:
    values = tables.forecasts["q0.1"].to_numpy().copy()
    values[np.array(tables.forecasts["model"]) == "rf"] = np.nan
    rows = read_rows(changed(tables.forecasts, "q0.1", values), INDEX, tables.facts)
    assert set(rows.quantiles) == {"gbt", "network"}


def test_no_forecast_at_all(tables: Tables) -> None:
    with pytest.raises(DataError, match="has no row"):
        read_rows(tables.forecasts.slice(0, 0), INDEX, tables.facts)


def test_periods_become_a_grid_in_the_order_of_the_series(tables: Tables) -> None:
    rows, totals = tables.rows(), tables.totals()
    shuffled = tables.periods.take(np.random.default_rng(0).permutation(tables.periods.num_rows))
    assert np.array_equal(period_totals(shuffled, INDEX, rows, DAY).values, totals.values)
    mine = np.array(tables.periods["shop"]) == "s1"
    mine &= np.array(tables.periods["group"]) == "g0"
    assert totals.values[2].tolist() == tables.periods.filter(mine)["value"].to_pylist()
    with pytest.raises(ConfigError, match="36h"):
        totals.count(36 * 3600, "season")


def test_periods_that_lack_a_series_or_lie_off_the_grid(tables: Tables) -> None:
    rows = tables.rows()
    without = tables.periods.filter(np.array(tables.periods["shop"]) != "s1")
    with pytest.raises(DataError, match="lacks series that were forecast: s1 / g0, s1 / g1"):
        period_totals(without, INDEX, rows, DAY)
    with pytest.raises(DataError, match="do not start every 2d"):
        period_totals(tables.periods, INDEX, rows, 2 * DAY)
