"""Bars of what predictions rest on."""

from __future__ import annotations

import io
from collections.abc import Mapping

from matplotlib.figure import Figure

from components.gnn_evaluation.attribution import Attribution

_BAR = "#3b6fb6"
_NEGATIVE = "#c0504d"


def feature_bars(attribution: Attribution) -> bytes:
    """PNG: mean attribution per feature, at the seed node and around it."""
    values = {
        f"{node_set}.{feature} ({'own' if where == 'seed' else 'of neighbours'})": value
        for (node_set, feature, where), value in attribution.features.items()
    }
    return bars(values, "mean contribution to the predicted class's probability")


def edge_set_bars(attribution: Attribution) -> bytes:
    """PNG: mean attribution per edge set by which the seed node was left."""
    return bars(attribution.edge_sets, "mean contribution to the predicted class's probability")


def occlusion_bars(accuracies: Mapping[str, float]) -> bytes:
    """PNG: accuracy lost without each edge set."""
    lost = {name: accuracies[""] - value for name, value in accuracies.items() if name}
    return bars(lost, "accuracy lost when the edge set is taken away")


def bars(values: Mapping[str, float], label: str) -> bytes:
    """PNG: one horizontal bar per value, the largest on top."""
    ordered = sorted(values.items(), key=lambda item: item[1])
    figure = Figure(figsize=(8, 0.32 * len(ordered) + 1.0), layout="constrained")
    axes = figure.subplots()
    axes.barh(
        [name for name, _ in ordered],
        [value for _, value in ordered],
        color=[_BAR if value >= 0 else _NEGATIVE for _, value in ordered],
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
