"""Bars of what predictions rest on."""

from __future__ import annotations

from collections.abc import Mapping

from components.gnn_evaluation.attribution import Attribution
from components.pictures import bars


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
