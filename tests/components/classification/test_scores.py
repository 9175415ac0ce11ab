"""Scores of a classifier on predictions made by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image

from components.classification.pictures import confusion_picture, per_class_picture
from components.classification.scores import accuracy_interval, classify, macro_f1
from noria.errors import DataError

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTIONS = np.array([0, 0, 1, 1, 1, 0])
CLASSES = ("a", "b", "c", "never")


def test_scores_by_hand() -> None:
    result = classify(LABELS, PREDICTIONS, CLASSES)
    assert result.accuracy == pytest.approx(4 / 6)
    a, b, c, never = result.per_class
    assert (a.precision, a.recall, a.support) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 3)
    assert (b.precision, b.recall, b.f1) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))
    assert (c.precision, c.recall, c.f1, c.support) == (0, 0, 0, 1)
    assert (never.name, never.f1, never.support) == ("never", 0, 0)
    # The class that never occurs is no part of the mean.
    assert result.macro_f1 == pytest.approx((2 / 3 + 0.8 + 0) / 3)


def test_a_class_predicted_but_absent_costs_precision_only_elsewhere() -> None:
    assert macro_f1(np.array([0, 0]), np.array([0, 3])) == pytest.approx(2 / 3)


def test_the_interval_narrows_with_samples_and_widens_with_groups() -> None:
    random = np.random.default_rng(0)
    correct = random.random(4000) < 0.8
    low, high = accuracy_interval(correct)
    assert low < correct.mean() < high
    # Normal approximation: 1.96 sqrt(0.8 * 0.2 / 4000).
    assert high - low == pytest.approx(2 * 0.0124, rel=0.15)
    few = accuracy_interval(correct[:400])
    assert few[1] - few[0] > 2 * (high - low)
    in_blocks = np.repeat(random.random(200) < 0.8, 20)
    grouped = accuracy_interval(in_blocks, np.repeat(np.arange(200), 20))
    assert grouped[1] - grouped[0] > 3 * (high - low)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 5))
def test_the_interval_is_within_bounds_and_repeatable(correct: list[bool], seed: int) -> None:
    low, high = accuracy_interval(np.array(correct), seed=seed, draws=100)
    assert 0 <= low <= high <= 1
    assert (low, high) == accuracy_interval(np.array(correct), seed=seed, draws=100)


@pytest.mark.parametrize(
    ("labels", "predictions", "words"),
    [
        ([], [], "at least one"),
        ([0, 1], [0], r"\(2,\) and \(1,\)"),
        ([0, 9], [0, 1], "labels hold 9, but there are 4 classes"),
        ([0, 1], [-1, 1], "predictions hold -1"),
    ],
)
def test_what_is_no_classification_is_refused(labels: list[int], predictions: list[int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        classify(np.array(labels, int), np.array(predictions, int), CLASSES)


@pytest.mark.parametrize("classes", [3, 41])
def test_pictures_are_readable_pngs(classes: int) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, 2000)
    predictions = np.where(random.random(2000) < 0.7, labels, random.integers(0, classes, 2000))
    names = [f"class-{number}" for number in range(classes)]
    result = classify(labels, predictions, names)
    confusion, bars = confusion_picture(labels, predictions, names), per_class_picture(result)
    for picture in (confusion, bars):
        height, width, _ = image.imread(io.BytesIO(picture)).shape
        assert height > 200
        # Every class's name has a line of its own.
        assert height > 11 * classes
        assert width < 2000
    assert confusion == confusion_picture(labels, predictions, names)
