"""How well a classifier did: accuracy with its uncertainty, macro-F1, every class for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_fscore_support

from noria.errors import DataError, first_few

IntArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class ClassScores:
    """One class; precision is 0 where it was never predicted, recall where it never occurs."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Classification:
    """A classifier on one split.

    Attributes:
        accuracy: Share of correct predictions.
        interval: Bootstrap 95 % interval of the accuracy.
        macro_f1: Mean F1 of the classes that occur.
        per_class: In the order of ``classes``.
    """

    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    per_class: tuple[ClassScores, ...]


def classify(
    labels: IntArray,
    predictions: IntArray,
    classes: Sequence[str],
    groups: IntArray | None = None,
    seed: int = 0,
) -> Classification:
    """Scores predictions.

    Args:
        labels: int [samples], index into ``classes``.
        predictions: int [samples], the same.
        classes: Class names.
        groups: int [samples]; samples of one group (e.g. packages of one source) are right or wrong
            together, so the bootstrap draws groups. None: every sample for itself.
        seed: Of the bootstrap.

    Raises:
        DataError: There is no sample, lengths differ, or a number is no class.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    _check(labels, predictions, len(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predictions, labels=range(len(classes)), zero_division=0
    )
    rows = zip(classes, precision, recall, f1, support, strict=True)
    return Classification(
        accuracy=accuracy(labels, predictions),
        interval=accuracy_interval(labels == predictions, groups, seed),
        macro_f1=macro_f1(labels, predictions),
        per_class=tuple(ClassScores(n, float(p), float(r), float(f), int(s)) for n, p, r, f, s in rows),
    )


def accuracy(labels: IntArray, predictions: IntArray) -> float:
    """Share of correct predictions."""
    return float(np.mean(labels == predictions))


def macro_f1(labels: IntArray, predictions: IntArray) -> float:
    """Mean F1 over the classes that occur among ``labels``, so that all models share one denominator."""
    present = np.unique(labels)
    f1 = precision_recall_fscore_support(labels, predictions, labels=present, zero_division=0)[2]
    return float(np.mean(f1))


def accuracy_interval(
    correct: npt.NDArray[np.bool_], groups: IntArray | None = None, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """Percentile bootstrap 95 % interval of the accuracy (Efron 1979), over groups where they are given."""
    _, group = np.unique(np.arange(len(correct)) if groups is None else groups, return_inverse=True)
    sizes = np.bincount(group)
    right = np.bincount(group, weights=correct)
    random = np.random.default_rng(seed)
    shares = np.full(len(sizes), 1 / len(sizes))
    times = (random.multinomial(len(sizes), shares) for _ in range(draws))
    accuracies = [float(drawn @ right / (drawn @ sizes)) for drawn in times]
    low, high = np.percentile(accuracies, (2.5, 97.5))
    return float(low), float(high)


def _check(labels: IntArray, predictions: IntArray, classes: int) -> None:
    if labels.shape != predictions.shape or labels.ndim != 1 or not len(labels):
        raise DataError(
            "expected one prediction per label and at least one label, "
            f"got shapes {labels.shape} and {predictions.shape}"
        )
    for what, values in (("labels", labels), ("predictions", predictions)):
        if len(wrong := values[(values < 0) | (values >= classes)]):
            raise DataError(f"{what} hold {first_few(np.unique(wrong))}, but there are {classes} classes")
