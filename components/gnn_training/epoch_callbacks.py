"""What happens while Keras fits: reports, early stopping on the best weights, the learning rate's course."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from components import tracking
from components.tfgnn import tf

_PROGRESS_EVERY = 20


class Report(tf.keras.callbacks.Callback):
    """Sends metrics after every epoch and progress in between; ``history`` keeps them."""

    def __init__(self, epochs: int, steps: int) -> None:
        super().__init__()
        self._total = epochs * steps
        self._steps = steps
        self._epoch = 0
        self.history: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keras' hook."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keras' hook."""
        if batch % _PROGRESS_EVERY == 0:
            tracking.progress(self._epoch * self._steps + batch + 1, self._total, "steps")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keras' hook."""
        self.history.append({short_name(k): float(v) for k, v in (logs or {}).items()})
        tracking.metrics(self.history[-1], epoch=epoch)


class KeepBest(tf.keras.callbacks.Callback):
    """Stops after ``patience`` epochs without a better validation accuracy; ends on the best weights.

    Keras 2's own EarlyStopping gives the best weights back only where it stopped early.
    """

    def __init__(self, patience: int) -> None:
        super().__init__()
        self._patience = patience
        self._weights: Any = None
        self.best_epoch = -1
        self.best = -math.inf

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keras' hook."""
        named = {short_name(k): float(v) for k, v in (logs or {}).items()}
        if not math.isfinite(named["loss"]):
            self.model.stop_training = True
        elif named["valid_accuracy"] > self.best:
            self.best, self.best_epoch = named["valid_accuracy"], epoch
            self._weights = self.model.get_weights()
        elif epoch - self.best_epoch >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keras' hook."""
        if self._weights is not None:
            self.model.set_weights(self._weights)


class WarmUpCosine(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly over the first steps, then falls to zero along half a cosine."""

    def __init__(self, peak: float, steps: int, warmup: float) -> None:
        self._peak = peak
        self._steps = steps
        self._warmup = warmup

    def __call__(self, step: Any) -> Any:
        """The rate of one step."""
        done = tf.minimum(tf.cast(step, tf.float32) / self._steps, 1.0)
        rise = tf.minimum(1.0, done / self._warmup) if self._warmup else 1.0
        return self._peak * rise * 0.5 * (1 + tf.cos(math.pi * done))

    def get_config(self) -> dict[str, float]:
        """Keras' hook."""
        return {"peak": self._peak, "steps": self._steps, "warmup": self._warmup}


def short_name(name: str) -> str:
    """Keras' name of a metric in our terms: ``val_`` is the valid split, task prefixes are dropped."""
    valid = name.startswith("val_")
    name = name.removeprefix("val_")
    if "sparse_categorical_accuracy" in name:
        name = "accuracy"
    elif "sparse_categorical_crossentropy" in name:
        name = "cross_entropy"
    return f"valid_{name}" if valid else name
