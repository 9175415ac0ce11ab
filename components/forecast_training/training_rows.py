"""The rows of a feature table as models take them: relative targets, weights, and cuts in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.temporal_features.feature_table import LABEL, FeatureTable
from noria.durations import duration_text
from noria.errors import DataError

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Labelled rows.

    Attributes:
        features: float32 [rows, features]; NaN = missing.
        target: float32 [rows]: label / scale, cut off at plus and minus ``max_ratio``.
        weight: float32 [rows]: the scale, divided by the mean scale of all rows; so that a squared or
            absolute error of the target counts as much as one of the label does.
        timestamps: datetime64[us] [rows].
    """

    features: Matrix
    target: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    timestamps: npt.NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: npt.NDArray[Any]) -> Rows:
        """Some of the rows, by mask or position."""
        return Rows(self.features[chosen], self.target[chosen], self.weight[chosen], self.timestamps[chosen])


@dataclass(frozen=True)
class LabelledTable:
    """The labelled rows of a feature table, with what forecasts are written with.

    Attributes:
        rows: What models take.
        label: float64 [rows], in the target's unit.
        scale: float64 [rows], in the label's unit.
        index: Index column to [rows] strings.
    """

    rows: Rows
    label: FloatArray
    scale: FloatArray
    index: dict[str, npt.NDArray[Any]]


def read_rows(table: FeatureTable, max_ratio: float) -> LabelledTable:
    """Reads the rows that have a label.

    Raises:
        DataError: No row has a label, or a scale is not a positive number.
    """
    content = table.read()
    label = content[LABEL].to_numpy().astype(np.float64)
    known = np.isfinite(label)
    if not known.any():
        raise DataError(
            f"none of the {len(label)} rows of {table.path} has a label: the data ends before the first "
            f"horizon of {duration_text(table.facts.horizon)} does"
        )
    label = label[known]
    scale = content[table.facts.scale].to_numpy().astype(np.float64)[known]
    if broken := int((~(np.isfinite(scale) & (scale > 0))).sum()):
        raise DataError(
            f"feature {table.facts.scale!r}, which labels are divided by, is not a positive number in "
            f"{broken} of {len(scale)} labelled rows",
            hint="choose a scale that is positive everywhere, e.g. a moving mean with a small floor",
        )
    rows = Rows(
        features=table.matrix(content)[known],
        target=np.clip(label / scale, -max_ratio, max_ratio).astype(np.float32),
        weight=(scale / scale.mean()).astype(np.float32),
        timestamps=content["timestamp"].to_numpy().astype("datetime64[us]")[known],
    )
    index = {name: content[name].to_numpy(zero_copy_only=False)[known] for name in table.facts.index}
    return LabelledTable(rows, label, scale, index)


def thinned(rows: Rows, every: int | None) -> Rows:
    """Rows whose ticks lie ``every`` seconds apart, counted back from the last one; None: all."""
    if every is None or not len(rows):
        return rows
    apart = (rows.timestamps.max() - rows.timestamps) % np.timedelta64(every, "s")
    return rows.take(apart == np.timedelta64(0))


def head_and_tail(rows: Rows, validation: int, horizon: int) -> tuple[Rows, Rows]:
    """Cuts training rows in time: a head to fit on and the last ``validation`` seconds to judge by.

    Between the two lies a gap of a horizon, so that no label of the head reaches into the tail.

    Raises:
        DataError: One of the two would be empty.
    """
    start = rows.timestamps.max() - np.timedelta64(validation, "s")
    head = rows.timestamps <= start - np.timedelta64(horizon, "s")
    tail = rows.timestamps > start
    if not head.any() or not tail.any():
        raise DataError(
            f"training rows from {rows.timestamps.min()} to {rows.timestamps.max()} are too few to hold out "
            f"the last {duration_text(validation)} after a gap of {duration_text(horizon)}",
            hint="a shorter forecast_training.validation, fewer backtest.windows, or more data",
        )
    return rows.take(head), rows.take(tail)


def weighted_error(rows: Rows, predicted: npt.NDArray[np.floating[Any]]) -> float:
    """WAPE of relative predictions [rows] against the (cut-off) targets, both in the label's unit."""
    error = np.abs(rows.target - predicted) * rows.weight
    return float(error.sum(dtype=np.float64) / np.abs(rows.target * rows.weight).sum(dtype=np.float64))
