"""The task metric and what a file may lose of it, on numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from components.tflite_export.task_metric import task_loss, task_metric

LOGITS = np.array([[[2.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]], [[0.0, 1.0, 3.0]], [[5.0, 1.0, 0.0]]], np.float32)


@pytest.mark.parametrize("answers", [LOGITS, LOGITS[:, 0]])
def test_accuracy(answers: np.ndarray) -> None:
    assert task_metric(answers, np.array([0, 1, 2, 2]), "classification") == 0.75


def test_mean_absolute_error() -> None:
    labels = np.zeros((4, 1, 3), np.float32)
    assert task_metric(LOGITS, labels, "regression") == pytest.approx(14 / 12)


def test_accuracy_lost() -> None:
    labels = np.array([0, 1])
    assert task_loss(0.9, 0.8, labels, "classification") == pytest.approx(0.1)
    assert task_loss(0.8, 0.9, labels, "classification") == pytest.approx(-0.1)


def test_growth_of_the_error() -> None:
    labels = np.array([2.0, -4.0])
    assert task_loss(0.5, 0.6, labels, "regression") == pytest.approx(0.2)
    # A model without an error: by the labels' size, not by nothing.
    assert task_loss(0.0, 0.3, labels, "regression") == pytest.approx(0.1)
    assert task_loss(0.0, 0.3, np.zeros(2), "regression") == pytest.approx(0.3)
