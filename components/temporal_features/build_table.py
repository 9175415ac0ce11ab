"""From events to the rows of a feature table: which series and ticks, with label, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.temporal_features.compile_graph import Graph
from components.temporal_features.event_sets import Key, SeriesData, at, to_table
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.feature_table import LABEL
from components.temporal_features.time_grid import TimeGrid
from noria.durations import duration_text
from noria.errors import DataError


class Engine(Protocol):
    """What runs graphs on one set of events."""

    def first_and_last(self) -> tuple[int, int]:
        """Microseconds since 1970 of the first and of the last event."""

    def run(self, graph: Graph, grid: TimeGrid, series: Sequence[Key] | None = None) -> dict[str, SeriesData]:
        """Every output of a graph, for some series (None: all)."""


@dataclass
class BuiltTable:
    """What is written.

    Attributes:
        features: Index columns, timestamp, features (float32), label (float64), sorted by (timestamp, index).
        periods: Index columns, timestamp (start), value (float64), sorted by (index, timestamp).
        counts: Rows and series, kept and dropped.
        warnings: What a reader should know, one sentence each.
    """

    features: pa.Table
    periods: pa.Table
    counts: dict[str, int]
    warnings: list[str] = field(default_factory=list)


def build_table(graph: FeatureGraph, engine: Engine) -> BuiltTable:
    """Computes features, label and periods of every series that is not too rare.

    Raises:
        DataError: No series, tick, label or row is left.
        ConfigError: A window is longer than the data, and the configuration wants that to fail.
    """
    config, index = graph.config, graph.facts.index
    grid = TimeGrid.over(*engine.first_and_last(), config)
    grid.require_rows(config)
    warnings = [
        f"{name} looks back {reach}, further than the data's {duration_text(grid.span)}"
        for name, reach in grid.long_windows(config).items()
    ]
    training = engine.run(graph.label, grid)
    active = {key: int(np.count_nonzero(arrays[1])) for key, (_, arrays) in training["periods"].items()}
    kept = sorted(key for key, periods in active.items() if periods >= config.min_active)
    if not kept:
        raise DataError(
            f"none of {len(active)} series has events in {config.min_active} periods of "
            f"{duration_text(config.period_seconds)}; the most active has them in {max(active.values())}",
            hint="a lower features.min_active, or fewer index columns",
        )
    short = [name for name in config.names() if config.history < config.reach(name) <= grid.span]
    if short:
        warnings.append(
            f"history is {duration_text(config.history)}: in the first rows, windows of these features reach "
            f"back to before the data: {', '.join(short)}"
        )
    wanted = grid.ticks[grid.ticks >= grid.first_row]
    table = graph.table(engine.run(graph.features, grid, kept)["features"], wanted)
    label = to_table(index, [LABEL], at(_only(training["label"], kept), wanted), np.float64)
    table = table.append_column(LABEL, _within(label, grid, config.horizon))
    usable = pc.greater(table[config.scale], 0)
    counts = {
        "events": int(sum(arrays[1].sum() for _, arrays in training["periods"].values())),
        "series": len(active),
        "series_too_rare": len(active) - len(kept),
        "series_kept": len(kept),
        "ticks": len(wanted),
        "rows_computed": table.num_rows,
        "rows_without_scale": table.num_rows - int(pc.sum(usable).as_py() or 0),
    }
    table = table.filter(usable)
    labelled = table.num_rows - int(pc.sum(pc.is_nan(table[LABEL])).as_py() or 0)
    if not labelled:
        raise DataError(
            f"none of {counts['rows_computed']} rows has a label and a scale ({config.scale}) above 0",
            hint="look at the scale feature: is its window long enough, are there sales?",
        )
    counts |= {"rows": table.num_rows, "rows_without_label": table.num_rows - labelled}
    return BuiltTable(table, _periods(graph, training["periods"], kept), counts, warnings)


def _within(label: pa.Table, grid: TimeGrid, horizon: int) -> pa.Array:
    """The label where its horizon lies within the data, else NaN."""
    seconds = label["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    whole = seconds + horizon <= grid.period_ends[-1]
    return pa.array(np.where(whole, label[LABEL].to_numpy(), np.nan))


def _periods(graph: FeatureGraph, periods: SeriesData, kept: Sequence[Key]) -> pa.Table:
    # Computed at a period's end, told by its start.
    length = graph.config.period_seconds
    starts: SeriesData = {
        key: (seconds - length, arrays[:1]) for key, (seconds, arrays) in _only(periods, kept).items()
    }
    table = to_table(graph.facts.index, ["value"], starts, np.float64)
    return table.sort_by([(name, "ascending") for name in (*graph.facts.index, "timestamp")])


def _only(data: SeriesData, keys: Sequence[Key]) -> SeriesData:
    return {key: data[key] for key in keys}
