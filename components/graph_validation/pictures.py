"""Pictures of a graph's statistics, as PNG."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from components.graph_ingest.tables import SPLITS
from components.graph_validation.statistics import Statistics
from components.pictures import png

# Okabe and Ito's colours, which the colour-blind can tell apart.
_BLUE, _ORANGE, _GREEN = "#0072b2", "#e69f00", "#009e73"
_COLUMNS = 3


def degree_picture(edge_sets: Statistics) -> bytes:
    """One log-log panel per edge set: nodes per degree bin, by source and by target."""
    figure, panels = _grid(len(edge_sets), "degree", "nodes")
    for panel, (name, edges) in zip(panels, edge_sets.items(), strict=False):
        for way, end, colour, sign in (("out", "source", _BLUE, "o"), ("in", "target", _ORANGE, "s")):
            histogram = np.array(edges[way]["histogram"][1:])
            bins = np.flatnonzero(histogram)
            panel.loglog(
                2.0**bins,
                histogram[bins],
                sign,
                color=colour,
                linestyle="-",
                label=f"by {edges[end]} ({way})",
            )
        panel.set_title(name)
        panel.legend(fontsize=7)
    return png(figure)


def label_picture(task: Statistics) -> bytes:
    """Share of every class in each split, the most frequent in training first."""
    shares = {name: np.array(task["labels"][name]) / max(sum(task["labels"][name]), 1) for name in SPLITS}
    order = np.argsort(shares["train"])[::-1]
    figure = Figure(figsize=(8, 1.2 + 0.24 * len(order)), layout="constrained")
    axes = figure.subplots()
    rows = np.arange(len(order))
    for i, (name, colour) in enumerate(zip(SPLITS, (_BLUE, _ORANGE, _GREEN), strict=True)):
        axes.barh(rows + (i - 1) * 0.27, shares[name][order], height=0.27, color=colour, label=name)
    axes.set_yticks(rows, [task["classes"][i] for i in order], fontsize=8)
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.set_xlabel("share of the split")
    axes.legend()
    return png(figure)


def feature_picture(node_sets: Statistics) -> bytes | None:
    """One panel per float feature: range, mean and standard deviation per column; None without any."""
    features = {
        f"{name}.{feature}": values
        for name, nodes in node_sets.items()
        for feature, values in nodes["features"].items()
        if "mean" in values and nodes["size"]
    }
    if not features:
        return None
    figure, panels = _grid(len(features), "column", "value")
    for panel, (name, values) in zip(panels, features.items(), strict=False):
        mean, std = np.array(values["mean"]), np.array(values["std"])
        low, high = (np.array(values[end], float) for end in ("min", "max"))
        columns = np.arange(len(mean))
        panel.vlines(columns, low, high, color=_ORANGE, alpha=0.5, label="range")
        panel.errorbar(columns, mean, std, fmt=".", color=_BLUE, label="mean, std", linewidth=1)
        panel.set_title(name)
        panel.legend(fontsize=7)
    return png(figure)


def _grid(count: int, x: str, y: str) -> tuple[Figure, list[Any]]:
    rows = math.ceil(count / _COLUMNS)
    figure = Figure(figsize=(10, 2.9 * rows), layout="constrained")
    panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for panel in panels[:count]:
        panel.set_xlabel(x)
        panel.set_ylabel(y)
    for panel in panels[count:]:
        panel.set_visible(False)
    return figure, panels
