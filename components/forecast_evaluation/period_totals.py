"""The target's totals over any stretch of periods, for every series at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from components.forecast_evaluation.backtest_rows import BacktestRows, FloatArray, IntArray, Times
from components.forecast_evaluation.config import whole_periods
from noria.durations import duration_text
from noria.errors import DataError, first_few


@dataclass(frozen=True)
class PeriodTotals:
    """``periods.parquet`` as a grid.

    Attributes:
        start: Start of the first period.
        period: Seconds.
        values: float64 [series, periods]; 0 where a series has no row.
        sums: float64 [series, periods + 1], running totals: ``sums[:, e] - sums[:, b]`` is the total of
            periods b to e, e excluded.
    """

    start: np.datetime64
    period: int
    values: FloatArray
    sums: FloatArray

    def position(self, timestamp: Times) -> IntArray:
        """Number of periods that end at or before each moment: int64, at least 0, may go past the data."""
        passed = (timestamp - self.start).astype("timedelta64[s]").astype(np.int64) // self.period
        return np.maximum(passed, 0)

    def total(self, series: IntArray, begin: IntArray, end: IntArray) -> FloatArray:
        """Total of periods ``begin`` to ``end`` (excluded) of each row's series: float64 [rows]."""
        taken: FloatArray = self.sums[series, end] - self.sums[series, begin]
        return taken

    def count(self, seconds: int, what: str) -> int:
        """How many periods fit into a length of time; raises ConfigError unless it is a whole number."""
        return whole_periods(seconds, self.period, what)


def period_totals(table: pa.Table, index: Sequence[str], rows: BacktestRows, period: int) -> PeriodTotals:
    """Makes the grid of the series that were forecast.

    Args:
        table: ``periods.parquet``.
        index: Its index columns.
        rows: What was forecast; series of the table that are not among it are left out.
        period: Seconds.

    Raises:
        DataError: A forecast series has no period, or a period does not start on the grid.
    """
    series = rows.find(table, index)
    mine = series >= 0
    if missing := sorted(set(range(len(rows.keys))) - set(np.unique(series[mine]).tolist())):
        raise DataError(
            f"periods.parquet lacks series that were forecast: {first_few(rows.names[i] for i in missing)}"
        )
    stamps = table["timestamp"].to_numpy().astype("datetime64[us]")
    start = stamps.min()
    offset = (stamps - start).astype(np.int64)
    if (offset % (period * 1_000_000)).any():
        raise DataError(f"periods of periods.parquet do not start every {duration_text(period)} from {start}")
    column = offset // (period * 1_000_000)
    values = np.zeros((len(rows.keys), int(column.max()) + 1))
    values[series[mine], column[mine]] = table["value"].to_numpy()[mine]
    sums = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return PeriodTotals(start, period, values, sums)
