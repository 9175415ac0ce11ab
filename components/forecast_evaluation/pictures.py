"""Pictures of forecasts. Each is a PNG as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from components.forecast_evaluation.comparison import Comparison, band
from components.forecast_evaluation.series_table import SeriesTable
from components.pictures import png
from noria.durations import duration_text

_TRUTH, _MODEL, _BASELINE = "#1c1c1e", "#3b6fb6", "#e08e2b"
_MODELS = ("#3b6fb6", "#2f9e6e", "#8a5bb0", "#c0504d", "#17a2b8")
_GREYS = ("#5f5f66", "#85858c", "#a5a5ac", "#c2c2c8")


def window_picture(comparison: Comparison) -> bytes:
    """WAPE per back-test window; models in colour, baselines dashed, the best one orange."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    numbers = [window.number for window in comparison.facts.windows]
    for name, style in _styles(comparison).items():
        axes.plot(numbers, comparison.windows[name]["wape"], label=name, **style)
    axes.set(xlabel="back-test window (0 is the earliest)", ylabel="WAPE")
    return _finished(figure, whole_numbers=True)


def age_picture(comparison: Comparison, names: Sequence[str], horizon: int) -> bytes:
    """WAPE by the time that passed between the end of training and the moment of the forecast."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    styles = _styles(comparison)
    for name in names:
        found = comparison.wape_by_week(name)
        axes.plot(list(found), list(found.values()), label=name, **styles[name])
    axes.set(
        xlabel="whole weeks between the end of training and the forecast's tick\n"
        f"(age of the model; every forecast is one total over the next {duration_text(horizon)})",
        ylabel="WAPE, all windows",
    )
    return _finished(figure, whole_numbers=True)


def series_picture(comparison: Comparison, model: str, table: SeriesTable) -> bytes:
    """Forecast with its 80 % interval, best baseline and truth; one panel per shown series."""
    figure = Figure(figsize=(10, 3.0 * len(table.shown)), layout="constrained")
    panels = figure.subplots(len(table.shown), 1, squeeze=False)[:, 0]
    rows, best = comparison.rows, comparison.best_baseline
    ends = band(rows, comparison.facts, model)
    wape = comparison.series_wape(model)
    starts = np.array([window.start for window in comparison.facts.windows], dtype="datetime64[us]")
    for axes, (which, number) in zip(panels, table.shown.items(), strict=True):
        mine = np.flatnonzero(rows.series == number)
        ticks = rows.timestamp[mine]
        if ends:
            axes.fill_between(
                ticks, ends[0][mine], ends[1][mine], color=_MODEL, alpha=0.2, lw=0, label="80 % interval"
            )
        if best:
            axes.plot(ticks, comparison.forecasts[best][mine], color=_BASELINE, lw=1.0, ls="--", label=best)
        axes.plot(ticks, comparison.forecasts[model][mine], color=_MODEL, lw=1.4, label=model)
        axes.plot(ticks, rows.label[mine], color=_TRUTH, lw=1.2, label="what came")
        for start in starts:
            axes.axvline(start, color="#b0b0b6", lw=0.6, zorder=0)
        axes.set_title(f"{which}: {rows.names[number]} (WAPE {wape[number]:.3f})", loc="left", fontsize=10)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        locator = AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    panels[-1].set_xlabel("tick (moment of the forecast); thin lines: start of a back-test window")
    return _finished(figure)


def _styles(comparison: Comparison) -> dict[str, dict[str, Any]]:
    models = [name for name in comparison.forecasts if name not in comparison.baselines]
    styles: dict[str, dict[str, Any]] = {
        name: {"color": _MODELS[i % len(_MODELS)], "lw": 1.8, "marker": "o", "ms": 4}
        for i, name in enumerate(models)
    }
    for i, name in enumerate(comparison.baselines):
        marker = "sv^Dx"[i % 5]
        styles[name] = {
            "color": _BASELINE if name == comparison.best_baseline else _GREYS[i % len(_GREYS)],
            "lw": 1.0,
            "ls": "--",
            "marker": marker,
            "ms": 3.5,
        }
    return styles


def _finished(figure: Figure, whole_numbers: bool = False) -> bytes:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        if whole_numbers:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.axes[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)
    return png(figure)
