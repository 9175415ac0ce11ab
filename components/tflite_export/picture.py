"""The formats of an export side by side, as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from components.pictures import png
from components.tflite_export.record import FormatRow

_CHOSEN, _OTHER = "#3b6fb6", "#b9c6d8"


def formats_picture(rows: Sequence[FormatRow], task_metric: str) -> bytes:
    """PNG: size, loss and latency of every format; the chosen one is dark.

    Args:
        rows: What came of every format.
        task_metric: What the loss is of; empty: of agreement.
    """
    loss = {
        "accuracy": "accuracy lost",
        "mean absolute error": "growth of the mean absolute error",
        "": "share of samples that disagree",
    }[task_metric]
    panels: dict[str, list[float | None]] = {
        "size, kB": [None if row.bytes is None else row.bytes / 1000 for row in rows],
        loss: [row.loss for row in rows],
        "median latency here, ms": [row.latency_ms for row in rows],
    }
    figure = Figure(figsize=(11, 0.42 * len(rows) + 1.1), layout="constrained")
    axes_row = figure.subplots(1, len(panels), sharey=True)
    for axes, (label, values) in zip(axes_row, panels.items(), strict=True):
        axes.barh(
            [row.format for row in rows],
            [value or 0.0 for value in values],
            color=[_CHOSEN if row.chosen else _OTHER for row in rows],
        )
        for at, value in enumerate(values):
            text = "no file" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
            axes.annotate(text, (max(value or 0.0, 0.0), at), (3, 0), textcoords="offset points", va="center")
        axes.set_xlabel(label)
        axes.margins(x=0.25)
        axes.locator_params(axis="x", nbins=4)
        axes.spines[["top", "right"]].set_visible(False)
    axes_row[0].invert_yaxis()
    return png(figure)
