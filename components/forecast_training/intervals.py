"""Prediction intervals of a model that gives one number: split conformal prediction, by groups of rows.

A model is fitted on the head of the training time; the quantiles of its errors on the tail, which it has
not seen, are the offsets of the quantiles from its forecasts (Papadopoulos et al., "Inductive confidence
machines for regression", ECML 2002; Lei et al., "Distribution-free predictive inference for regression",
JASA 2018). The model that forecasts is then fitted on head and tail together, as is usual in practice: its
errors are taken to be those of the first. Small series vary more relative to their size than large ones,
so each group of rows of a similar scale has offsets of its own ("Mondrian" conformal prediction: Vovk,
Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005). Coverage would be guaranteed for
exchangeable rows; rows that follow each other in time are not, so it has to be measured.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from noria.typed_config import TypedConfig

# A group with fewer errors than this has no tails to speak of.
_LEAST = 20


class IntervalOffsets(TypedConfig):
    """Relative offsets of quantiles from a relative forecast, per group of rows by scale."""

    edges: tuple[float, ...] = Field(
        description="Scales between groups, ascending: edges[g-1] < scale <= edges[g] in group g."
    )
    offsets: tuple[tuple[float, ...], ...] = Field(description="[groups][quantiles], ascending in each.")

    def quantiles(
        self, forecast: npt.NDArray[np.floating[Any]], scale: npt.NDArray[np.floating[Any]]
    ) -> npt.NDArray[np.float64]:
        """float64 [rows, quantiles] of relative forecasts [rows] at scales [rows]."""
        groups = np.searchsorted(np.asarray(self.edges), scale, side="left")
        shifted: npt.NDArray[np.float64] = (
            forecast[:, None].astype(np.float64) + np.asarray(self.offsets)[groups]
        )
        return shifted


def group_edges(scale: npt.NDArray[np.floating[Any]], groups: int) -> npt.NDArray[np.float64]:
    """Scales between groups of about equal numbers of rows; fewer groups where they would be too small."""
    count = max(1, min(groups, len(scale) // _LEAST))
    edges: npt.NDArray[np.float64] = np.unique(np.quantile(scale, np.arange(1, count) / count))
    return edges


def fit_offsets(
    errors: npt.NDArray[np.floating[Any]],
    scale: npt.NDArray[np.floating[Any]],
    levels: tuple[float, ...],
    groups: int,
) -> IntervalOffsets:
    """Quantiles of held-out errors.

    Args:
        errors: [rows] target minus forecast, relative to the scale, of rows that were not trained on.
        scale: [rows], positive.
        levels: Ascending levels between 0 and 1.
        groups: Groups of about equal numbers of rows; fewer where that leaves too few in a group.
    """
    edges = group_edges(scale, groups)
    member = np.searchsorted(edges, scale, side="left")
    present = np.unique(member)
    # Equal scales can leave a group empty; its rows would be unseen ones, so it takes everybody's offsets.
    everybody = np.quantile(errors, levels)
    offsets = [
        np.quantile(errors[member == group], levels) if group in present else everybody
        for group in range(len(edges) + 1)
    ]
    return IntervalOffsets(edges=tuple(edges.tolist()), offsets=tuple(tuple(row.tolist()) for row in offsets))
