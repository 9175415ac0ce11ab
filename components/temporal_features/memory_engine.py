"""The memory engine: Temporian in this process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import temporian as tp

from components.temporal_features.compile_graph import Graph
from components.temporal_features.event_sets import (
    GroupedEvents,
    Key,
    SeriesData,
    check_numpy,
    events_set,
    moments_set,
)
from components.temporal_features.time_grid import TimeGrid
from noria.errors import DataError


class MemoryEngine:
    """Runs graphs on events that lie in memory."""

    def __init__(self, grouped: GroupedEvents) -> None:
        check_numpy()
        self._grouped = grouped

    def first_and_last(self) -> tuple[int, int]:
        """Microseconds of the first and of the last event."""
        seconds = self._grouped.seconds
        return round(seconds.min() * 1e6), round(seconds.max() * 1e6)

    def run(self, graph: Graph, grid: TimeGrid, series: Sequence[Key] | None = None) -> dict[str, SeriesData]:
        """Every output of a graph, for some series (None: all).

        Raises:
            DataError: Temporian answers no rows.
        """
        grouped = self._grouped
        wanted = grouped.keys if series is None else series
        schemas = {name: node.schema for name, node in graph.inputs.items()}
        inputs = {
            "events": events_set(grouped, schemas["events"]),
            "periods": moments_set(grouped.keys, grid.period_ends, schemas["periods"]),
            "ticks": moments_set(wanted, grid.ticks, schemas["ticks"]),
        }
        # What is divided by 0 is missing, as documented; the logarithm of what is missing is.
        with np.errstate(divide="ignore", invalid="ignore"):
            results = tp.run(
                graph.outputs,
                {node: inputs[name] for name, node in graph.inputs.items()},
                # Looks at every series after every operator: for whoever writes operators.
                check_execution=False,
            )
        found = {
            name: {key: (data.timestamps, data.features) for key, data in result.data.items()}
            for name, result in results.items()
        }
        for name, data in found.items():
            if not sum(len(seconds) for seconds, _ in data.values()):
                raise DataError(
                    f"Temporian computed no row of {name!r} from {len(grouped.seconds)} events",
                    hint="is numpy older than 2 installed, and do the events have series?",
                )
        return found
