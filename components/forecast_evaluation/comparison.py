"""Models and baselines on the same rows: per back-test window, per series, and by age of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from components.evaluation_record import Metrics
from components.forecast_evaluation.backtest_rows import BacktestRows, FloatArray, IntArray
from components.forecast_evaluation.metrics import (
    NAN,
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
from components.forecast_training.forecasts import BacktestFacts
from noria.durations import WEEK
from noria.errors import DataError, first_few

_LOW, _HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Comparison:
    """Everything that was measured on the back-test's rows.

    Attributes:
        rows: What was forecast.
        facts: How time was divided.
        forecasts: Model or baseline to float64 [rows].
        baselines: Which of them are baselines.
        windows: Model or baseline to metric to float64 [windows].
        errors: Model or baseline to float64 [series, windows], sums of absolute errors.
        size: float64 [series, windows], sums of absolute labels.
        position: int64 [rows], index of the row's window.
        unscaled: Series that MASE leaves out in some window, because their scale is 0 or unknown.
    """

    rows: BacktestRows
    facts: BacktestFacts
    forecasts: Mapping[str, FloatArray]
    baselines: tuple[str, ...]
    windows: Mapping[str, Mapping[str, FloatArray]]
    errors: Mapping[str, FloatArray]
    size: FloatArray
    position: IntArray
    unscaled: int

    @property
    def best_baseline(self) -> str | None:
        """The baseline of the least WAPE (mean over windows); None without baselines.

        It is chosen on the test windows themselves, which favours baselines, never a model.
        """
        return min(self.baselines, key=lambda name: self.windows[name]["wape"].mean(), default=None)

    def metrics(self, name: str) -> Metrics:
        """Means over windows of a model or baseline, and the WAPE of the last window."""
        scores = self.windows[name]
        means: Metrics = {metric: float(values.mean()) for metric, values in scores.items()}
        return {**means, "last_window_wape": float(scores["wape"][-1])}

    def improvement(self, name: str, draws: int, seed: int) -> Metrics:
        """``wape_improvement`` over the best baseline with its 95 % interval; empty without baselines."""
        best = self.best_baseline
        if best is None:
            return {}
        low, high = improvement_interval(self.errors[name], self.errors[best], self.size, draws, seed)
        reached, limit = (self.windows[n]["wape"].mean() for n in (name, best))
        return {
            "wape_improvement": float(1 - reached / limit) if limit else NAN,
            "wape_improvement_low": low,
            "wape_improvement_high": high,
        }

    def series_wape(self, name: str) -> FloatArray:
        """WAPE of every series over all windows: float64 [series]; NaN where all its labels are 0."""
        size = self.size.sum(axis=1)
        return np.divide(self.errors[name].sum(axis=1), size, out=np.full(len(size), NAN), where=size > 0)

    def weeks_since_training(self) -> IntArray:
        """Whole weeks between the end of training and each row's tick: int64 [rows]."""
        ends = np.array([w.train_end for w in self.facts.windows], dtype="datetime64[us]")
        since = (self.rows.timestamp - ends[self.position]).astype("timedelta64[s]")
        weeks: IntArray = since.astype(np.int64) // WEEK
        return weeks

    def wape_by_week(self, name: str) -> dict[int, float]:
        """WAPE over all windows by whole weeks since training."""
        weeks = self.weeks_since_training()
        label, forecast = self.rows.label, self.forecasts[name]
        return {int(w): wape(label[weeks == w], forecast[weeks == w]) for w in np.unique(weeks)}


def compare(
    rows: BacktestRows,
    facts: BacktestFacts,
    baselines: Mapping[str, FloatArray],
    periods: PeriodTotals,
    ahead: int,
    season: int,
) -> Comparison:
    """Measures every model and baseline.

    Args:
        rows: Forecasts of the models.
        facts: The back-test's.
        baselines: Baseline to float64 [rows].
        periods: Totals per period, for MASE's scale.
        ahead: Periods of the horizon.
        season: Periods of a season.

    Raises:
        DataError: Forecasts are of a window that the facts do not know, or a window has none.
    """
    numbers = np.array([w.number for w in facts.windows])
    if set(numbers.tolist()) != set(rows.window.tolist()):
        raise DataError(
            f"backtest.json has windows {first_few(numbers)}, forecasts.parquet has "
            f"{first_few(np.unique(rows.window))}"
        )
    position = np.searchsorted(numbers, rows.window)
    shape = (len(rows.keys), len(numbers))
    forecasts = {**rows.forecasts, **baselines}
    scales = [seasonal_scale(periods, np.datetime64(w.train_end, "us"), ahead, season) for w in facts.windows]
    scale = np.stack(scales, axis=1)
    members = [np.flatnonzero(position == number) for number in range(len(numbers))]
    windows: dict[str, dict[str, FloatArray]] = {}
    for name, forecast in forecasts.items():
        scores = [
            {
                "wape": wape(rows.label[m], forecast[m]),
                "rmse": rmse(rows.label[m], forecast[m]),
                "mase": mase(rows.label[m], forecast[m], scale[rows.series[m], number]),
                **_interval_scores(rows, facts, name, m),
            }
            for number, m in enumerate(members)
        ]
        windows[name] = {metric: np.array([s[metric] for s in scores]) for metric in scores[0]}
    groups = (rows.series, position)
    return Comparison(
        rows=rows,
        facts=facts,
        forecasts=forecasts,
        baselines=tuple(baselines),
        windows=windows,
        errors={n: sums_by(np.abs(rows.label - f), groups, shape) for n, f in forecasts.items()},
        size=sums_by(np.abs(rows.label), groups, shape),
        position=position,
        unscaled=int((~(scale > 0)).any(axis=1).sum()),
    )


def band(rows: BacktestRows, facts: BacktestFacts, name: str) -> tuple[FloatArray, FloatArray] | None:
    """The ends of the 80 % interval, float64 [rows] each; None where a model has no such quantiles."""
    levels, quantiles = list(facts.quantiles), rows.quantiles.get(name)
    if quantiles is None or _LOW not in levels or _HIGH not in levels:
        return None
    return quantiles[:, levels.index(_LOW)], quantiles[:, levels.index(_HIGH)]


def _interval_scores(rows: BacktestRows, facts: BacktestFacts, name: str, m: IntArray) -> dict[str, float]:
    scores = {}
    if name in rows.quantiles:
        scores["pinball"] = pinball(rows.label[m], rows.quantiles[name][m], facts.quantiles)
    if ends := band(rows, facts, name):
        scores["coverage_80"] = coverage(rows.label[m], ends[0][m], ends[1][m])
    return scores
