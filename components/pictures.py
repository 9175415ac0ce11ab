"""Pictures that several reports share: bars, and the course of training. Each is a PNG as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

_BAR = "#3b6fb6"
_NEGATIVE = "#c0504d"
_REFERENCES = ("#c0504d", "#4f8f4f", "#8064a2", "#7a7a7a")


def png(figure: Figure) -> bytes:
    """The figure as a PNG that depends on nothing but the figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def bars(values: Mapping[str, float], label: str) -> bytes:
    """PNG: one horizontal bar per value, the largest on top."""
    ordered = sorted(values.items(), key=lambda item: item[1])
    figure = Figure(figsize=(8, 0.32 * len(ordered) + 1.0), layout="constrained")
    axes = figure.subplots()
    axes.barh(
        [name for name, _ in ordered],
        [value for _, value in ordered],
        color=[_BAR if value >= 0 else _NEGATIVE for _, value in ordered],
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def learning_curve(
    history: Sequence[Mapping[str, float]],
    best_epoch: int,
    panels: Mapping[str, str],
    updates: Sequence[int] = (),
    references: Mapping[str, Mapping[str, float]] | None = None,
) -> bytes:
    """PNG: metrics of the training and the validation split per epoch, one panel each.

    Args:
        history: Metrics per epoch; ``valid_NAME`` is NAME on the validation split.
        best_epoch: The epoch, from 0, whose weights or number were kept; marked.
        panels: Metric name to the label of its panel.
        updates: Where evaluations come every few updates of a training without epochs and splits: the number
            of updates before each. Empty: ``history`` has an entry per epoch.
        references: Metric name to what others reach, by their names; drawn as dotted lines.
    """
    figure = Figure(figsize=(4.5 * max(len(panels), 1), 3.4), layout="constrained")
    at = updates or range(1, len(history) + 1)
    splits = (("", _BAR, "train"), ("valid_", "#e08e2b", "valid"))
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (name, label) in zip(row, panels.items(), strict=True):
        for prefix, colour, split in splits[:1] if updates else splits:
            values = [metrics.get(prefix + name, float("nan")) for metrics in history]
            axes.plot(at, values, marker="" if updates else "o", color=colour, label=split)
        axes.axvline(at[best_epoch], color="#7a7a7a", linestyle="--", linewidth=1, label="kept")
        others = (references or {}).get(name, {})
        for (who, value), colour in zip(others.items(), _REFERENCES, strict=False):
            axes.axhline(value, color=colour, linestyle=":", linewidth=1.4, label=who)
        if others and min(others.values()) > 0 and max(others.values()) > 3 * min(others.values()):
            # Else what is far off presses the curve flat.
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter("{x:g}")
        axes.set(xlabel="update" if updates else "epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend()
    return png(figure)
