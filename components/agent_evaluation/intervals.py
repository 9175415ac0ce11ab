"""Bootstrap intervals over sessions, and over the seeds of an agent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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

    def as_dict(self) -> dict[str, float]:
        """``value``, ``low`` and ``high``."""
        return asdict(self)


class Bootstrap:
    """Resamples n sessions with replacement (Efron 1979); every statistic sees the same resamples.

    A session is drawn as a whole, whatever it holds: tracks of one session depend on each other. Statistics
    of paired sessions stay paired.
    """

    def __init__(self, sessions: int, draws: int, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        picked = self._generator.integers(0, sessions, (draws, sessions))
        flat = (picked + np.arange(draws)[:, None] * sessions).ravel()
        counts = np.bincount(flat, minlength=draws * sessions).reshape(draws, sessions)
        # float32 holds the counts exactly and halves the matrix.
        self._counts = counts.astype(np.float32)

    def sums(self, values: Numbers) -> Array:
        """Resampled sums [..., draws] of values [..., sessions]."""
        sums: Array = np.asarray(values, np.float32) @ self._counts.T
        return sums.astype(np.float64)

    def mean(self, values: Numbers) -> Interval:
        """Of the mean of values [sessions]."""
        return self.ratio(values, np.ones(len(values)))

    def ratio(self, numerator: Numbers, denominator: Numbers) -> Interval:
        """Of the sum of one over the sum of the other, both [sessions]."""
        above, below = self.sums(numerator), self.sums(denominator)
        total = float(np.sum(denominator, dtype=np.float64))
        value = float(np.sum(numerator, dtype=np.float64)) / total if total else float("nan")
        draws = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
        return Interval.of(value, draws)

    def over_seeds(self, values: Numbers) -> Interval:
        """Of the mean of values [seeds, sessions], seeds and sessions drawn independently of each other.

        k - 1 of k seeds are drawn, which makes the variance between few seeds unbiased (Rao & Wu 1988); with
        one seed nothing is known of other seeds, and the interval is that over sessions.
        """
        seeds, sessions = values.shape
        means = self.sums(values) / sessions
        if seeds > 1:
            drawn = self._generator.integers(0, seeds, (seeds - 1, means.shape[1]))
            means = np.take_along_axis(means, drawn, axis=0)
        return Interval.of(float(values.mean()), means.mean(axis=0))
