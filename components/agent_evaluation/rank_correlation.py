"""Whether two measurements put policies into the same order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from components.agent_evaluation.intervals import Array, Bootstrap, Interval, Numbers


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho and Kendall's tau-b over ``policies`` policies."""

    spearman: Interval
    kendall: Interval
    policies: int


def rank_correlation(first: Numbers, second: Numbers, bootstrap: Bootstrap) -> RankCorrelation:
    """Of the mean returns of policies in two environments.

    Args:
        first: Returns [policies, sessions] in one.
        second: Returns [policies, sessions] in the other, of the same sessions.
        bootstrap: Resamples sessions: the intervals tell what other sessions would do, not other policies.
    """
    means = first.mean(axis=1), second.mean(axis=1)
    draws = bootstrap.sums(first).T, bootstrap.sums(second).T
    return RankCorrelation(
        Interval.of(float(spearman(*means)), spearman(*draws)),
        Interval.of(float(kendall(*means)), kendall(*draws)),
        len(first),
    )


def spearman(first: Numbers, second: Numbers) -> Array:
    """Correlation of ranks [..., policies] along the last axis: [...]; NaN where one side is constant."""
    ranks = [rankdata(values, axis=-1) for values in (first, second)]
    left, right = (rank - rank.mean(axis=-1, keepdims=True) for rank in ranks)
    return _quotient((left * right).sum(-1), np.sqrt((left**2).sum(-1) * (right**2).sum(-1)))


def kendall(first: Numbers, second: Numbers) -> Array:
    """Tau-b [...] of values [..., policies] along the last axis; NaN where one side is constant."""
    left, right = (np.sign(values[..., :, None] - values[..., None, :]) for values in (first, second))
    axes = (-2, -1)
    return _quotient((left * right).sum(axes), np.sqrt((left**2).sum(axes) * (right**2).sum(axes)))


def _quotient(above: Array, below: Array) -> Array:
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
