"""Measures beside scikit-learn's, and what calibration means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss as reference_log_loss
from sklearn.metrics import roc_auc_score

from components.user_model_training.metrics import (
    Calibration,
    RankedScores,
    auc_interval,
    calibration,
    log_loss,
)
from components.user_model_training.recalibration import fit_line


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 8))
def test_auc_with_ties_and_weights(seed: int, rows: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, rows).astype(np.float32)
    positive = rng.random(rows) < 0.5
    weights = rng.integers(0, 3, rows).astype(np.float64)
    ranked = RankedScores(positive, scores)
    for counted in (np.ones(rows), weights):
        held = counted > 0
        if len(np.unique(positive[held])) < 2:
            assert np.isnan(ranked.auc(counted))
        else:
            expected = roc_auc_score(positive[held], scores[held], sample_weight=counted[held])
            assert ranked.auc(counted) == pytest.approx(expected)


def test_log_loss() -> None:
    rng = np.random.default_rng(0)
    actual, predicted = rng.random(50) < 0.4, rng.random(50).astype(np.float32)
    expected = reference_log_loss(actual, predicted.astype(np.float64))
    assert log_loss(actual.astype(np.float32), predicted) == pytest.approx(expected, rel=1e-5)
    # A share is a mixture of both answers.
    share, chance = np.array([0.25], np.float32), np.array([0.5], np.float32)
    assert log_loss(share, chance) == pytest.approx(np.log(2))
    assert np.isfinite(log_loss(np.array([1.0], np.float32), np.array([0.0], np.float32)))


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # Normal scores that lie apart by d have AUC Phi(d / sqrt(2)): 0.76 for d = 1.
    rng, held, runs = np.random.default_rng(0), 0, 120
    session = np.repeat(np.arange(60), 5)
    for run in range(runs):
        positive = rng.random(300) < 0.5
        scores = (rng.normal(size=300) + positive).astype(np.float32)
        _, low, high = auc_interval(positive, scores, session, 120, run)
        held += low <= 0.7602 <= high
    assert 0.87 <= held / runs <= 1.0


def test_tracks_of_a_session_are_drawn_together() -> None:
    # Ten copies of each track tell nothing new.
    rng = np.random.default_rng(1)
    positive = np.repeat(rng.random(40) < 0.5, 10)
    scores = np.repeat(rng.normal(size=40), 10).astype(np.float32)
    _, low, high = auc_interval(positive, scores, np.repeat(np.arange(40), 10), 200, 0)
    _, naive_low, naive_high = auc_interval(positive, scores, np.arange(400), 200, 0)
    assert high - low > 2 * (naive_high - naive_low)


def test_calibration_finds_what_is_off() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.random(20_000).astype(np.float32)
    actual = (rng.random(20_000) < predicted).astype(np.float32)
    right = calibration(actual, predicted, predicted, 10)
    assert right.rows.sum() == 20_000
    assert right.error < 0.02
    sharpened = np.clip(1.5 * predicted - 0.25, 0, 1)
    assert calibration(actual, sharpened, sharpened, 10).error > 0.07
    # Right on the whole, wrong by something else that was known.
    known = rng.random(20_000).astype(np.float32)
    outcome = (rng.random(20_000) < known).astype(np.float32)
    half = np.full(20_000, 0.5, np.float32)
    assert calibration(outcome, half, half, 10).error < 0.02
    assert calibration(outcome, half, known, 10).gap > 0.4


def test_equal_predictions_stay_together() -> None:
    by = np.array([0.2] * 7 + [0.6] * 3, np.float32)
    actual = np.array([1, 0] * 5, np.float32)
    groups = calibration(actual, by, by, 5)
    assert groups.rows.tolist() == [7, 3]
    assert groups.predicted.tolist() == pytest.approx([0.2, 0.6])


def test_a_handful_of_rows_is_no_gap() -> None:
    groups = Calibration(np.array([0.1, 0.1]), np.array([0.15, 1.0]), np.array([99, 1]))
    assert groups.gap == pytest.approx(0.05)


def test_platt_scaling_undoes_slope_and_offset() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=50_000).astype(np.float32)
    actual = (rng.random(50_000) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    slope, offset = fit_line((logits - 1.0) * 2.0, actual)
    assert (slope, offset) == (pytest.approx(0.5, abs=0.03), pytest.approx(1.0, abs=0.05))
    # Nothing to learn from.
    assert fit_line(logits, np.zeros_like(actual)) == (1.0, 0.0)
    # Logits that order wrongly are not turned round, but their mean is made right.
    rare = actual * (rng.random(50_000) < 0.2)
    slope, offset = fit_line(-5.0 * logits, rare)
    assert slope == 0.1
    assert (1 / (1 + np.exp(0.5 * logits - offset))).mean() == pytest.approx(rare.mean(), abs=1e-4)
