"""Histograms of features, train beside eval, as PNG."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from components.feature_validation.statistics import Statistics
from components.pictures import png

# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = {"train": "#0072b2", "eval": "#e69f00"}
_COLUMNS = 5


def histogram_picture(statistics: Statistics) -> bytes | None:
    """One small panel per numeric feature: density in each split; None without such a feature."""
    names = [
        name
        for name in next(iter(statistics.values()))["features"]
        if any("histogram" in split["features"][name] for split in statistics.values())
    ]
    if not names:
        return None
    rows = math.ceil(len(names) / _COLUMNS)
    figure = Figure(figsize=(11, 1.7 * rows + 0.4), layout="constrained")
    panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for panel, name in zip(panels, names, strict=False):
        for split, measured in statistics.items():
            bins = np.array(measured["features"][name].get("histogram", []), float).reshape(-1, 3)
            bins = bins[np.isfinite(bins).all(axis=1)]
            width = bins[:, 1] - bins[:, 0]
            bins, width = bins[width > 0], width[width > 0]
            if len(bins) and bins[:, 2].sum() > 0:
                edges = np.append(bins[:, 0], bins[-1, 1])
                density = bins[:, 2] / bins[:, 2].sum() / width
                panel.stairs(density, edges, color=_COLOURS.get(split), label=split, linewidth=1.3)
        panel.set_title(name, fontsize=8)
        panel.tick_params(labelsize=6)
        panel.set_yticks([])
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=8)
    return png(figure)
