"""How good probabilities are: order (AUC), log loss, calibration; intervals by bootstrap over sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.playlist_simulation.observation import Bools, Floats, Ints

Doubles = npt.NDArray[np.float64]
# Predictions are kept so far from 0 and 1 that a log loss is finite.
_SMALLEST = 1e-6
# Share of the rows; where many values are equal, what is left beside them may be a handful.
_SMALLEST_GROUP = 0.05


def log_loss(actual: Floats, predicted: Floats) -> float:
    """Mean cross-entropy in nats of probabilities [n] beside outcomes [n], both in [0, 1]."""
    chance = np.clip(predicted.astype(np.float64), _SMALLEST, 1.0 - _SMALLEST)
    return float(-np.mean(actual * np.log(chance) + (1.0 - actual) * np.log1p(-chance)))


class RankedScores:
    """Scores [n] of positive and negative rows, sorted once, for AUCs under many weights."""

    def __init__(self, positive: Bools, scores: Floats) -> None:
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        # Equal scores form a group: a pair of equals counts half.
        self._groups = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        self._positive = positive[self._order]

    def auc(self, weights: Doubles | None = None) -> float:
        """Share of (positive, negative) pairs that the scores order right; NaN where there are none.

        Args:
            weights: How often each row counts, [n]; None: once.
        """
        if not len(self._order):
            return float("nan")
        ordered = np.ones(len(self._order)) if weights is None else weights[self._order]
        positive = np.add.reduceat(np.where(self._positive, ordered, 0.0), self._groups)
        negative = np.add.reduceat(np.where(self._positive, 0.0, ordered), self._groups)
        pairs = positive.sum() * negative.sum()
        if pairs <= 0.0:
            return float("nan")
        below = np.cumsum(negative) - 0.5 * negative
        return float(positive @ below / pairs)


def auc_interval(
    positive: Bools, scores: Floats, session: Ints, draws: int, seed: int
) -> tuple[float, float, float]:
    """AUC with its 95 % percentile bootstrap interval (Efron 1979) over sessions: (AUC, low, high).

    Args:
        positive: bool [n].
        scores: float32 [n].
        session: int64 [n] from 0; tracks of a session are drawn together, for they are alike.
        draws: Of the bootstrap.
        seed: Of the draws.
    """
    ranked, random = RankedScores(positive, scores), np.random.default_rng(seed)
    count = int(session.max(initial=-1)) + 1
    drawn = [
        ranked.auc(np.bincount(random.integers(0, count, count), minlength=count)[session].astype(np.float64))
        for _ in range(draws if count else 0)
    ]
    known = np.array([value for value in drawn if not np.isnan(value)])
    if not len(known):
        return ranked.auc(), float("nan"), float("nan")
    low, high = np.quantile(known, (0.025, 0.975))
    return ranked.auc(), float(low), float(high)


@dataclass(frozen=True)
class Calibration:
    """Groups of rows with similar predictions, or of similar values of something else.

    Attributes:
        predicted: float64 [groups] mean prediction.
        actual: float64 [groups] mean of what happened.
        rows: int64 [groups].
    """

    predicted: Doubles
    actual: Doubles
    rows: Ints

    @property
    def error(self) -> float:
        """Expected calibration error: mean over rows of their group's |predicted - actual|.

        Chance alone makes it about 0.4 / sqrt(rows per group) for rates near one half.
        """
        return float(np.abs(self.predicted - self.actual) @ self.rows / max(self.rows.sum(), 1))

    @property
    def gap(self) -> float:
        """The largest |predicted - actual| of groups that hold at least 5 % of the rows."""
        held = self.rows >= _SMALLEST_GROUP * self.rows.sum()
        return float(np.abs(self.predicted - self.actual)[held].max(initial=0.0))


def calibration(actual: Floats, predicted: Floats, by: Floats, groups: int) -> Calibration:
    """Groups rows [n] by the quantiles of ``by`` [n]; equal values stay together, empty groups are left out.

    ``by`` = ``predicted`` gives the usual calibration; anything that was known beforehand may be given, for
    a calibrated prediction agrees with what happened whatever one groups by.
    """
    if not len(by):
        return Calibration(np.empty(0), np.empty(0), np.empty(0, np.int64))
    edges = np.quantile(by, np.linspace(0, 1, groups + 1)[1:-1])
    member = np.searchsorted(np.unique(edges), by, side="left")
    rows = np.bincount(member)
    held = rows > 0
    means = [
        (np.bincount(member, weights=values, minlength=len(rows))[held] / rows[held])
        for values in (predicted, actual)
    ]
    return Calibration(means[0], means[1], rows[held].astype(np.int64))
