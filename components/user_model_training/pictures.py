"""Pictures of user models. Each is a PNG as bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from components.pictures import png
from components.user_model_training.metrics import Calibration

_COLOURS = ("#3b6fb6", "#2f9e6e", "#8a5bb0", "#c0504d", "#17a2b8", "#85858c")
_TRUTH = "#1c1c1e"


def calibration_picture(panels: Mapping[str, Mapping[str, Calibration]]) -> bytes:
    """What happened over what was predicted; a panel per title, a line per model. The diagonal is right."""
    figure = Figure(figsize=(5.0 * len(panels), 4.6), layout="constrained")
    for axes, (title, models) in zip(_row(figure, len(panels)), panels.items(), strict=True):
        for (name, groups), colour in zip(models.items(), _COLOURS, strict=False):
            axes.plot(groups.predicted, groups.actual, marker="o", markersize=4, color=colour, label=name)
        predicted = np.concatenate([groups.predicted for groups in models.values()])
        # Leaving has no groups where it is never known.
        ends = [predicted.min(), predicted.max()] if len(predicted) else [0.0, 1.0]
        axes.plot(ends, ends, color=_TRUTH, linewidth=0.8, linestyle="--")
        axes.set(title=title, xlabel="predicted", ylabel="what happened (share)")
        axes.legend()
    return png(figure)


def groups_picture(panels: Mapping[str, Mapping[str, Calibration]], xlabel: str, ylabel: str) -> bytes:
    """Predicted (coloured, per model) and actual (black) per group, lowest group first; a panel per title."""
    columns = min(len(panels), 4)
    lines = -(-len(panels) // columns)
    figure = Figure(figsize=(4.0 * columns, 2.8 * lines), layout="constrained")
    places = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, (title, models) in zip(places, panels.items(), strict=False):
        actual = next(iter(models.values())).actual
        at = np.arange(1, len(actual) + 1)
        axes.plot(at, actual, color=_TRUTH, marker="o", markersize=4, label="what happened")
        for (name, groups), colour in zip(models.items(), _COLOURS, strict=False):
            axes.plot(at, groups.predicted, color=colour, marker=".", label=name)
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    places[0].legend(fontsize=8)
    return png(figure)


def _row(figure: Figure, count: int) -> list[Axes]:
    row: list[Axes] = list(figure.subplots(1, count, squeeze=False)[0])
    return row
