"""How good answers are on labels: the number that a format may cost."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Task = Literal["classification", "regression"]
NAMES: dict[Task, str] = {"classification": "accuracy", "regression": "mean absolute error"}


def task_metric(answers: npt.NDArray[Any], labels: npt.NDArray[Any], task: Task) -> float:
    """Accuracy (higher is better), or mean absolute error (lower is better).

    Args:
        answers: [examples, *primary output shape], finite.
        labels: int64 [examples] classes, or [examples, *primary output shape] values, see ModelFolder.labels.
        task: Decides which.
    """
    if task == "classification":
        return float((np.argmax(answers, axis=-1).reshape(len(labels), -1) == labels[:, None]).mean())
    return float(np.abs(answers.astype(np.float64) - labels.astype(np.float64)).mean())


def task_loss(model: float, file: float, labels: npt.NDArray[Any], task: Task) -> float:
    """What a file loses against its model; negative where it happens to be better.

    Returns:
        Classification: the accuracy lost. Regression: the growth of the mean absolute error as a share of the
        model's; where the model makes no error at all, as a share of the labels' mean size.
    """
    if task == "classification":
        return model - file
    return (file - model) / (model or float(np.abs(labels).mean()) or 1.0)
