"""The course of training as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

_PANELS = (("cross_entropy", "cross-entropy"), ("accuracy", "accuracy"))


def learning_curve(history: Sequence[Mapping[str, float]], best_epoch: int) -> bytes:
    """PNG: loss and accuracy of the training and the validation split per epoch.

    Args:
        history: Metrics per epoch; ``valid_NAME`` is NAME on the validation split.
        best_epoch: The epoch, from 0, whose weights were kept; marked.
    """
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    epochs = range(1, len(history) + 1)
    for axes, (name, label) in zip(figure.subplots(1, len(_PANELS)), _PANELS, strict=True):
        for prefix, colour, split in (("", "#3b6fb6", "train"), ("valid_", "#e08e2b", "valid")):
            values = [metrics.get(prefix + name, float("nan")) for metrics in history]
            axes.plot(epochs, values, marker="o", color=colour, label=split)
        axes.axvline(best_epoch + 1, color="#7a7a7a", linestyle="--", linewidth=1, label="kept")
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
