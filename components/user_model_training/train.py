"""Fits one user model: passes over the training sessions until the validation split says stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components import tracking
from components.user_model_training.batches import batch_of, recency
from components.user_model_training.config import Kind, UserModelTrainingConfig
from components.user_model_training.learner import Learner
from components.user_model_training.metrics import log_loss
from components.user_model_training.replay import Replay
from noria.errors import NoriaError


@dataclass(frozen=True)
class TrainedModel:
    """A fitted user model.

    Attributes:
        kind: Its name.
        learner: Has the weights of the best epoch, recalibrated where that is configured.
        history: Per epoch ``loss``, the mean over its batches, and of the validation split ``valid_loss`` and
            its parts ``completion`` and ``leaving``; in nats per track.
        best: Position of the best epoch in ``history``.
    """

    kind: Kind
    learner: Learner
    history: list[dict[str, float]]
    best: int

    @property
    def valid_loss(self) -> float:
        """Of the weights that were kept."""
        return self.history[self.best]["valid_loss"]


def train(kind: Kind, rows: Replay, validation: Replay, config: UserModelTrainingConfig) -> TrainedModel:
    """Trains a model; its learning curve is reported under ``<kind>_train_loss`` and ``<kind>_valid_loss``.

    The same seed and rows give the same weights.

    Raises:
        NoriaError: A loss is not a finite number.
    """
    learner, random = Learner(kind, rows, config), np.random.default_rng(config.seed)
    weights = recency(rows, config.half_life)
    portions = -(-rows.sessions // config.batch_size)
    history: list[dict[str, float]] = []
    best, kept = -1, learner.weights()
    for epoch in range(config.epochs):
        losses = []
        for number, sessions in enumerate(np.array_split(random.permutation(rows.sessions), portions)):
            done = (epoch * portions + number) / max(config.epochs * portions - 1, 1)
            rate = config.learning_rate * (1.0 + (config.learning_rate_end - 1.0) * done)
            losses.append(learner.learn(batch_of(rows, sessions, weights), rate))
            _check(kind, "loss", losses[-1], epoch, rate)
        completion, leaving = validation_losses(learner, validation)
        valid = completion + leaving
        _check(kind, "validation loss", valid, epoch, rate)
        history.append(
            {
                "loss": float(np.mean(losses)),
                "valid_loss": valid,
                "completion": completion,
                "leaving": leaving,
            }
        )
        tracking.metrics(
            {f"{kind}_train_loss": history[-1]["loss"], f"{kind}_valid_loss": valid}, epoch=epoch
        )
        tracking.progress(epoch + 1, config.epochs, f"epochs of {kind}")
        if best < 0 or valid < history[best]["valid_loss"]:
            best, kept = epoch, learner.weights()
        elif epoch - best >= config.patience:
            break
    learner.restore(kept)
    if config.recalibrate:
        learner.recalibrate(validation)
    return TrainedModel(kind, learner, history, best)


def validation_losses(learner: Learner, rows: Replay) -> tuple[float, float]:
    """Cross-entropy per track of completing, and of leaving where it is known."""
    completed, left = learner.predict(rows)
    leaving = log_loss(rows.left[rows.watched], left[rows.watched]) if rows.watched.any() else 0.0
    return log_loss(rows.response, completed), leaving


def _check(kind: str, what: str, value: float, epoch: int, rate: float) -> None:
    if not np.isfinite(value):
        raise NoriaError(
            f"user_model_training: training of {kind} diverged in epoch {epoch + 1} at learning rate "
            f"{rate:g}: its {what} is {value}",
            hint="lower user_model_training.learning_rate, or look for extreme item features in the report "
            "of session_ingest",
        )
