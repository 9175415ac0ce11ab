"""Every model's back-test forecasts, brought onto the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from components.forecast_training.forecasts import BacktestFacts, quantile_column
from components.temporal_features.feature_table import LABEL
from noria.errors import DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]

# Cannot be told from nothing in a text, so that ("a b", "c") and ("a", "b c") stay two series.
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class BacktestRows:
    """One row per window, series and tick, in this order; what all models forecast.

    Attributes:
        keys: [series] sorted keys of the series (see series_keys).
        series: int64 [rows], index into ``keys``.
        window: int64 [rows], number of the window.
        timestamp: datetime64[us] [rows], the tick.
        label: float64 [rows], what came.
        forecasts: Model to float64 [rows].
        quantiles: Model to float64 [rows, quantiles]; only models that forecast quantiles.
    """

    keys: pd.Index[str]
    series: IntArray
    window: IntArray
    timestamp: Times
    label: FloatArray
    forecasts: Mapping[str, FloatArray]
    quantiles: Mapping[str, FloatArray]

    @property
    def names(self) -> list[str]:
        """[series] the keys as a person reads them."""
        return [str(key).replace(_SEPARATOR, " / ") or "all" for key in self.keys]

    def find(self, table: pa.Table, index: Sequence[str]) -> IntArray:
        """Which series each row of a table belongs to: int64 [rows of table], -1 for others."""
        return self.keys.get_indexer(pd.Index(series_keys(table, index))).astype(np.int64)


def series_keys(table: pa.Table, index: Sequence[str]) -> npt.NDArray[Any]:
    """One text per row that tells series apart: object [rows]; "" without index columns."""
    if not index:
        return np.full(table.num_rows, "", dtype=object)
    columns = [pc.cast(table[name], pa.string()).combine_chunks() for name in index]
    joined = pc.binary_join_element_wise(
        *columns, _SEPARATOR, null_handling="replace", null_replacement="null"
    )
    keys: npt.NDArray[Any] = joined.to_numpy(zero_copy_only=False)
    return keys


def read_rows(table: pa.Table, index: Sequence[str], facts: BacktestFacts) -> BacktestRows:
    """Brings forecasts into one order.

    Raises:
        DataError: There is no forecast, models forecast different rows, a row comes twice, or a label or
            forecast is no number.
    """
    if not table.num_rows:
        raise DataError("forecasts.parquet has no row", hint="look at the report of forecast_training")
    codes, found = pd.factorize(series_keys(table, index), sort=True)
    keys = pd.Index(found, dtype=object)
    stamps = table["timestamp"].to_numpy().astype("datetime64[us]")
    window = table["window"].to_numpy().astype(np.int64)
    label = table[LABEL].to_numpy().astype(np.float64)
    model_codes, models = pd.factorize(table["model"].to_numpy(zero_copy_only=False))
    order = np.lexsort((stamps, codes, window, model_codes))
    parts = np.split(order, np.cumsum(np.bincount(model_codes))[:-1])
    first = parts[0]
    for name, part in zip(models, parts, strict=True):
        columns = (codes, window, stamps, label)
        if len(part) != len(first) or not all(np.array_equal(c[part], c[first]) for c in columns):
            raise DataError(
                f"{name} and {models[0]} forecast different rows ({len(part)} and {len(first)}), or labels "
                "differ; only forecasts of the same rows can be compared"
            )
    steps = [np.diff(column[first]) != np.zeros(1, np.diff(column[first]).dtype) for column in columns[:3]]
    if twice := int((~np.logical_or.reduce(steps)).sum()):
        raise DataError(f"{twice} row(s) of {models[0]} come twice (same window, series and tick)")
    names = [quantile_column(level) for level in facts.quantiles]
    forecast = table["forecast"].to_numpy()
    if bad := int((~np.isfinite(forecast)).sum() + (~np.isfinite(label)).sum()):
        raise DataError(f"{bad} label(s) or forecasts of forecasts.parquet are no finite number")
    levels = np.stack([table[name].to_numpy() for name in names], axis=1) if names else None
    quantiles = {} if levels is None else {m: levels[p] for m, p in zip(models, parts, strict=True)}
    return BacktestRows(
        keys=keys,
        series=codes[first].astype(np.int64),
        window=window[first],
        timestamp=stamps[first],
        label=label[first],
        forecasts={str(m): forecast[p] for m, p in zip(models, parts, strict=True)},
        quantiles={str(m): values for m, values in quantiles.items() if np.isfinite(values).all()},
    )
