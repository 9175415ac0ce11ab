"""Scores and their intervals, held against scikit-learn and the normal approximation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score

from components.spectral_evaluation.intervals import mean_interval, paired_difference, score

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 4, 600)
GUESSES = np.where(RANDOM.random(600) < 0.8, LABELS, RANDOM.integers(0, 4, 600))


def test_scores_equal_scikit_learn_and_intervals_are_as_wide_as_theory_says() -> None:
    found = score(LABELS, GUESSES, 4000, seed=0)
    assert found.accuracy == pytest.approx((LABELS == GUESSES).mean())
    assert found.macro_f1 == pytest.approx(f1_score(LABELS, GUESSES, average="macro"))
    half = 1.96 * math.sqrt(found.accuracy * (1 - found.accuracy) / len(LABELS))
    low, high = found.accuracy_interval
    assert (low, high) == pytest.approx((found.accuracy - half, found.accuracy + half), abs=half / 8)
    low, high = found.macro_f1_interval
    assert low < found.macro_f1 < high
    assert high - low == pytest.approx(2 * half, rel=0.2)


def test_a_class_that_is_only_predicted_counts_as_an_error_not_as_a_class() -> None:
    found = score(np.array([0, 0, 1, 1]), np.array([0, 5, 1, 1]), 100, seed=0)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1) / 2)


def test_perfect_predictions_have_no_width() -> None:
    found = score(LABELS, LABELS, 100, seed=0)
    assert found.metrics("test") == {
        "test_accuracy": 1.0,
        "test_accuracy_low": 1.0,
        "test_accuracy_high": 1.0,
        "test_macro_f1": 1.0,
        "test_macro_f1_low": 1.0,
        "test_macro_f1_high": 1.0,
    }


def test_paired_difference_is_narrow_where_both_err_alike() -> None:
    better = GUESSES.copy()
    wrong = np.flatnonzero(GUESSES != LABELS)[:10]
    better[wrong] = LABELS[wrong]
    value, (low, high) = paired_difference(LABELS, better, GUESSES, 4000, seed=0)
    assert value == pytest.approx(10 / 600)
    assert 0 < low < value < high < 0.03
    assert paired_difference(LABELS, GUESSES, GUESSES, 100, seed=0) == (0.0, (0.0, 0.0))


def test_interval_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(5, 1, 100)
    low, high = mean_interval(values, 4000, seed=0)
    half = 1.96 * values.std() / 10
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 8)
    assert mean_interval(np.array([2.0]), 100, seed=0) == (2.0, 2.0)
