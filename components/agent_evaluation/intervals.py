"""Bootstrap intervals over users and their sessions, and over the seeds of an agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating[Any]] | npt.NDArray[np.integer[Any]]
# Percentiles of a 95 % interval.
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % percentile interval; NaN where it cannot be had."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, draws: Array) -> Interval:
        """The interval that bootstrap draws [draws] give; draws that are NaN are left out."""
        known = draws[np.isfinite(draws)]
        if not len(known):
            return cls(float(value), float("nan"), float("nan"))
        low, high = np.percentile(known, [_LOW, _HIGH])
        return cls(float(value), float(low), float(high))


class Bootstrap:
    """Resamples n sessions with replacement (Efron 1979); every statistic sees the same resamples.

    A session is drawn as a whole, whatever it holds: tracks of one session depend on each other. Sessions of
    one user, where users are told, are drawn together. Statistics of paired sessions stay paired.
    """

    def __init__(self, sessions: int, draws: int, seed: int, users: Ints | None = None) -> None:
        """``users`` int64 [sessions] are rows of users; None: every session is one of its own."""
        self._seed = seed
        cluster = np.arange(sessions) if users is None else np.unique(users, return_inverse=True)[1]
        count = int(cluster.max()) + 1
        picked = np.random.default_rng(seed).integers(0, count, (draws, count))
        flat = (picked + np.arange(draws)[:, None] * count).ravel()
        counts = np.bincount(flat, minlength=draws * count).reshape(draws, count)
        # float32 holds the counts exactly and halves the matrix.
        self._counts = counts.astype(np.float32)[:, cluster]

    def sums(self, values: Numbers) -> Array:
        """Resampled sums [..., draws] of values [..., sessions]."""
        sums: Array = np.asarray(values, np.float32) @ self._counts.T
        return sums.astype(np.float64)

    def mean(self, values: Numbers) -> Interval:
        """Of the mean of values [sessions]."""
        return self.ratio(values, np.ones(len(values)))

    def ratio(self, numerator: Numbers, denominator: Numbers) -> Interval:
        """Of the sum of one over the sum of the other, both [sessions]."""
        return self.ratio_over_seeds(numerator[None], denominator[None])

    def over_seeds(self, values: Numbers) -> Interval:
        """Of the mean of values [seeds, sessions]; see ``ratio_over_seeds``."""
        return self.ratio_over_seeds(values, np.ones(values.shape))

    def ratio_over_seeds(self, numerator: Numbers, denominator: Numbers) -> Interval:
        """Of the sum of one over the sum of the other, both [seeds, sessions], with seeds and sessions drawn
        independently of each other.

        k - 1 of k seeds are drawn, which makes the variance between few seeds unbiased (Rao & Wu 1988); with
        one seed nothing is known of other seeds, and the interval is that over sessions.
        """
        above, below = self.sums(numerator), self.sums(denominator)
        seeds, draws = above.shape
        if seeds > 1:
            # Of its own generator: an interval does not depend on which others were asked for before.
            drawn = np.random.default_rng([self._seed, seeds]).integers(0, seeds, (seeds - 1, draws))
            above, below = (np.take_along_axis(sums, drawn, axis=0) for sums in (above, below))
        above, below = above.sum(axis=0), below.sum(axis=0)
        total = float(np.sum(denominator, dtype=np.float64))
        value = float(np.sum(numerator, dtype=np.float64)) / total if total else float("nan")
        return Interval.of(value, np.divide(above, below, out=np.full(draws, np.nan), where=below > 0))
