"""How a model does on each series: where it loses to the best baseline, and which series stand for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from components.forecast_evaluation.comparison import Comparison


@dataclass(frozen=True)
class SeriesScores:
    """One series over all windows.

    Attributes:
        series: Its index values.
        share: Of the absolute labels of all series.
        wape: Of the model; None where every label is 0.
        baseline_wape: Of the best baseline (best over all series); None as above, or without baselines.
        loses: The model's absolute errors add up to more than the best baseline's.
    """

    series: str
    share: float
    wape: float | None
    baseline_wape: float | None
    loses: bool


@dataclass(frozen=True)
class SeriesTable:
    """Every series, the worst first; series whose labels are all 0 come last.

    Attributes:
        rows: One per series.
        losing_share: Share of the absolute labels of the series that the model loses on.
        losing_to_any: Series on which at least one baseline is better, whichever it is.
        shown: "best", "median" and "worst" to the series' number, by the model's WAPE.
    """

    rows: tuple[SeriesScores, ...]
    losing_share: float
    losing_to_any: int
    shown: dict[str, int]

    @property
    def losing(self) -> list[SeriesScores]:
        """The series that the model loses on, worst first."""
        return [row for row in self.rows if row.loses]

    def details(self, limit: int) -> dict[str, Any]:
        """For ``evaluation.json``: at most ``limit`` rows, and what was left out."""
        return {
            "series": len(self.rows),
            "per_series": [asdict(row) for row in self.rows[:limit]],
            "per_series_left_out": max(0, len(self.rows) - limit),
            "loses_on": [row.series for row in self.losing[:limit]],
            "loses_on_series": len(self.losing),
            "loses_on_share": self.losing_share,
            "loses_to_any_baseline_series": self.losing_to_any,
        }


def series_table(comparison: Comparison, model: str) -> SeriesTable:
    """Sets a model beside the best baseline on every series."""
    names, best = comparison.rows.names, comparison.best_baseline
    wape = comparison.series_wape(model)
    error = comparison.errors[model].sum(axis=1)
    size = comparison.size.sum(axis=1)
    share = size / size.sum() if size.sum() else size
    other = comparison.series_wape(best) if best else np.full(len(names), np.nan)
    beaten = [error > comparison.errors[b].sum(axis=1) for b in comparison.baselines]
    loses = error > comparison.errors[best].sum(axis=1) if best else np.zeros(len(names), dtype=bool)
    order = np.argsort(-np.where(np.isnan(wape), -np.inf, wape), kind="stable")
    rows = tuple(
        SeriesScores(names[i], float(share[i]), _number(wape[i]), _number(other[i]), bool(loses[i]))
        for i in order.tolist()
    )
    measured = [i for i in order.tolist() if not np.isnan(wape[i])]
    places = {"best": len(measured) - 1, "median": len(measured) // 2, "worst": 0}
    return SeriesTable(
        rows=rows,
        losing_share=float(share[loses].sum()),
        losing_to_any=int(np.logical_or.reduce(beaten).sum()) if beaten else 0,
        shown={name: measured[place] for name, place in places.items()} if measured else {},
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
