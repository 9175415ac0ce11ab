"""Accuracy and macro F1 with percentile bootstrap 95 % intervals (Efron 1979), and paired differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.evaluation_record import Metrics
from components.field_ingest.field_set import Ints

Doubles = npt.NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Scores:
    """A classifier on one set of images; intervals are of 95 %."""

    accuracy: float
    accuracy_interval: Interval
    macro_f1: float
    macro_f1_interval: Interval

    def metrics(self, prefix: str) -> Metrics:
        """Flat names: ``PREFIX_accuracy``, ``_low``, ``_high``, and macro_f1 likewise."""
        found: Metrics = {}
        for name in ("accuracy", "macro_f1"):
            low, high = getattr(self, f"{name}_interval")
            found |= {
                f"{prefix}_{name}": getattr(self, name),
                f"{prefix}_{name}_low": low,
                f"{prefix}_{name}_high": high,
            }
        return found


def score(labels: Ints, predictions: Ints, draws: int, seed: int) -> Scores:
    """Scores predictions int64 [n], n >= 1.

    To draw n images with replacement is to draw how often each pair of label and prediction comes, from a
    multinomial distribution. Macro F1 is the mean over the classes that occur among the labels (of a draw:
    among the labels drawn).
    """
    classes = int(max(labels.max(), predictions.max())) + 1
    cells, counts = np.unique(labels * classes + predictions, return_counts=True)
    truth, guess = np.divmod(cells, classes)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(labels), counts / len(labels), size=draws)
    accuracy, macro_f1 = _of_counts(counts[None], truth, guess, classes)
    accuracies, f1s = _of_counts(drawn, truth, guess, classes)
    return Scores(float(accuracy[0]), _interval(accuracies), float(macro_f1[0]), _interval(f1s))


def paired_difference(
    labels: Ints, predictions: Ints, others: Ints, draws: int, seed: int
) -> tuple[float, Interval]:
    """Accuracy of ``predictions`` minus that of ``others`` on the same images, and its interval."""
    better = (predictions == labels).astype(np.int64) - (others == labels)
    counts = np.array([(better == sign).sum() for sign in (-1, 0, 1)])
    drawn = np.random.default_rng(seed).multinomial(len(labels), counts / len(labels), size=draws)
    return float(better.mean()), _interval((drawn[:, 2] - drawn[:, 0]) / len(labels))


def mean_interval(values: Doubles, draws: int, seed: int) -> Interval:
    """Interval of the mean of a few values [n]; with one value both ends are that value."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    return _interval(values[drawn].mean(axis=1))


def _of_counts(counts: Ints, truth: Ints, guess: Ints, classes: int) -> tuple[Doubles, Doubles]:
    """Accuracy and macro F1 [draws] of counts [draws, cells]; cells are pairs of truth and guess."""
    of_truth, of_guess = np.eye(classes)[truth], np.eye(classes)[guess]
    right = (counts * (truth == guess)) @ of_truth
    support, guessed = counts @ of_truth, counts @ of_guess
    occurs = support > 0
    f1 = np.where(occurs, 2 * right / np.maximum(support + guessed, 1), 0)
    return right.sum(axis=1) / counts.sum(axis=1), f1.sum(axis=1) / occurs.sum(axis=1)


def _interval(values: Doubles) -> Interval:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
