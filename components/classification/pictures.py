"""Pictures of a classifier: its confusion matrix and every class's F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from components.classification.scores import Classification
from components.pictures import png

IntArray = npt.NDArray[np.integer[Any]]

# Numbers fit into the cells of a matrix of up to so many classes.
_NUMBERED_CLASSES = 15


def confusion_picture(labels: IntArray, predictions: IntArray, classes: Sequence[str]) -> bytes:
    """A PNG: row = true class, column = predicted class, shade = share of the row.

    Args:
        labels: int [samples], index into ``classes``.
        predictions: int [samples], the same.
        classes: Class names.
    """
    counts = confusion_matrix(labels, predictions, labels=range(len(classes)))
    support = counts.sum(axis=1)
    shares = counts / np.maximum(support, 1)[:, None]
    side = max(4.0, 0.24 * len(classes) + 1.8)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=90, fontsize=8)
    axes.set_yticks(ticks, [f"{n} ({s})" for n, s in zip(classes, support, strict=True)], fontsize=8)
    axes.set(xlabel="predicted", ylabel="true class (samples)")
    if len(classes) <= _NUMBERED_CLASSES:
        for (row, column), share in np.ndenumerate(shares):
            color = "white" if share > 0.6 else "black"
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=7, color=color)
    figure.colorbar(image, label="share of the true class", shrink=0.6)
    return png(figure)


def per_class_picture(result: Classification) -> bytes:
    """A PNG: one bar per class, its F1, best first, with the number of samples."""
    rows = sorted(result.per_class, key=lambda row: row.f1)
    figure = Figure(figsize=(7, max(2.5, 0.22 * len(rows) + 1)), layout="constrained")
    axes = figure.subplots()
    axes.barh([f"{row.name} ({row.support})" for row in rows], [row.f1 for row in rows], color="#3b6ea5")
    axes.axvline(result.macro_f1, color="black", linewidth=1, linestyle="--")
    axes.set(xlim=(0, 1), xlabel=f"F1 (dashed: mean {result.macro_f1:.3f})", ylabel="class (samples)")
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.01)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    return png(figure)
