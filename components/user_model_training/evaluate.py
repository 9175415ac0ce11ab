"""Everything that is measured of user models and baselines on a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.playlist_simulation.observation import Floats, ObservationSpec
from components.user_model_training.config import UserModelTrainingConfig
from components.user_model_training.metrics import (
    Calibration,
    RankedScores,
    auc_interval,
    calibration,
    log_loss,
)
from components.user_model_training.replay import Replay

# Groups by which leaving is checked; more would leave few leavers in each.
_PROXY_GROUPS = 5
# Beside the running means of completed and of skipped tracks' features.
_PROXIES = ("progress", "mean_response", "recent_response", "skips_in_a_row")


@dataclass(frozen=True)
class Evaluation:
    """A model on a split.

    Attributes:
        metrics: By name: ``auc``, ``auc_low``, ``auc_high``, ``log_loss``, ``calibration_error`` of
            completing; ``leave_auc``, ``leave_log_loss``, ``leave_calibration_error``, ``leave_gap`` of
            leaving.
        completion: Calibration of completing.
        leaving: Calibration of leaving.
        by_position: Completing, by the position in the session.
        proxies: Leaving, by what is known of how the session went: name of a state column to its groups.
    """

    metrics: dict[str, float]
    completion: Calibration
    leaving: Calibration
    by_position: Calibration
    proxies: dict[str, Calibration]


def completion_metrics(
    rows: Replay, predicted: Floats, completed_at: float, config: UserModelTrainingConfig
) -> dict[str, float]:
    """``auc`` of response >= completed_at with its interval, ``log_loss``, ``calibration_error``."""
    auc, low, high = auc_interval(
        rows.response >= completed_at, predicted, rows.session, config.bootstrap_draws, config.seed
    )
    return {
        "auc": auc,
        "auc_low": low,
        "auc_high": high,
        "log_loss": log_loss(rows.response, predicted),
        "calibration_error": calibration(rows.response, predicted, predicted, config.bins).error,
    }


def leaving_metrics(rows: Replay, predicted: Floats, bins: int) -> dict[str, float]:
    """``leave_auc``, ``leave_log_loss``, ``leave_calibration_error`` where leaving is known; else NaN."""
    left, chance = rows.left[rows.watched], predicted[rows.watched]
    if not len(left):
        names = ("leave_auc", "leave_log_loss", "leave_calibration_error")
        return dict.fromkeys(names, float("nan"))
    return {
        "leave_auc": RankedScores(left > 0, chance).auc(),
        "leave_log_loss": log_loss(left, chance),
        "leave_calibration_error": calibration(left, chance, chance, bins).error,
    }


def evaluate(
    rows: Replay,
    completed: Floats,
    left: Floats,
    spec: ObservationSpec,
    completed_at: float,
    config: UserModelTrainingConfig,
) -> Evaluation:
    """Measures a model.

    Args:
        rows: The split.
        completed: float32 [T] predicted.
        left: float32 [T] predicted.
        spec: Names the state's columns.
        completed_at: A response of at least this counts as completed.
        config: Bins, draws, seed.
    """
    proxies = leaving_by_proxies(rows, left, spec)
    metrics = completion_metrics(rows, completed, completed_at, config)
    metrics |= leaving_metrics(rows, left, config.bins)
    metrics["leave_gap"] = max((groups.gap for groups in proxies.values()), default=float("nan"))
    known = rows.watched
    return Evaluation(
        metrics=metrics,
        completion=calibration(rows.response, completed, completed, config.bins),
        leaving=calibration(rows.left[known], left[known], left[known], config.bins),
        by_position=calibration(rows.response, completed, _position(rows), rows.longest),
        proxies=proxies,
    )


def leaving_by_proxies(rows: Replay, left: Floats, spec: ObservationSpec) -> dict[str, Calibration]:
    """Calibration of leaving by quintiles of how the session went, the track just heard not yet in it.

    A user's satisfaction is not logged. What is: how many tracks went by, how they were answered, and of what
    kind the completed ones were. A model that misses what keeps users listening is off in some such group.
    """
    known = rows.watched
    return {
        name: calibration(rows.left[known], left[known], rows.state[known, column], _PROXY_GROUPS)
        for column, name in enumerate(spec.state)
        if name.startswith(("completed_", "skipped_")) or name in _PROXIES
    }


def _position(rows: Replay) -> Floats:
    position: Floats = (np.arange(len(rows)) - np.repeat(rows.first[:-1], np.diff(rows.first))).astype(
        np.float32
    )
    return position
