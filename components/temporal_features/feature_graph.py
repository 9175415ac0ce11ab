"""The compiled graphs as a folder, which training writes and scoring applies to new events.

Layout::

    features.tem  Temporian's graph of the features
    label.tem     the graph of the label and the periods' totals, which scoring has no use for
    graph.json    the configuration, index and value columns that both were compiled from
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import temporian as tp
from pydantic import Field

from components.temporal_features.compile_graph import Graph, feature_graph, label_graph
from components.temporal_features.config import TemporalFeaturesConfig
from components.temporal_features.event_sets import (
    GroupedEvents,
    Seconds,
    SeriesData,
    at,
    group_events,
    to_table,
)
from components.temporal_features.graph_checks import check_columns
from components.temporal_features.memory_engine import MemoryEngine
from components.temporal_features.time_grid import TimeGrid
from noria.errors import ConfigError, DataError, first_few
from noria.files import read_json, replacing, write_json
from noria.typed_config import TypedConfig, parse_config

FEATURES, LABEL, FACTS = "features.tem", "label.tem", "graph.json"


class GraphFacts(TypedConfig):
    """``graph.json``."""

    config: TemporalFeaturesConfig = Field(description="What was compiled.")
    index: tuple[str, ...] = Field(description="Index columns of the events.")
    values: tuple[str, ...] = Field(description="Value columns of the events that are used.")


@dataclass(frozen=True)
class FeatureGraph:
    """Graphs compiled for events with certain columns."""

    facts: GraphFacts
    features: Graph
    label: Graph

    @classmethod
    def compile(
        cls, config: TemporalFeaturesConfig, index: Sequence[str], values: Sequence[str]
    ) -> FeatureGraph:
        """Compiles the configuration; raises ConfigError (leaks, unknown columns) before any computing."""
        check_columns(config, index, values)
        used = config.columns()
        facts = GraphFacts(config=config, index=tuple(index), values=used)
        return cls(facts, feature_graph(config, index), label_graph(config, index))

    def save(self, folder: Path) -> None:
        """Writes the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, graph in ((FEATURES, self.features), (LABEL, self.label)):
            with replacing(folder / name) as temporary:
                tp.save_graph(graph.inputs, graph.outputs, str(temporary))
        write_json(folder / FACTS, self.facts.model_dump(mode="json"))

    @classmethod
    def load(cls, folder: Path) -> FeatureGraph:
        """Opens a folder; raises DataError where it holds no graph."""
        if missing := [name for name in (FEATURES, LABEL, FACTS) if not (folder / name).is_file()]:
            raise DataError(f"{folder} holds no {', '.join(missing)}", hint="give a feature table's graph/")
        facts = parse_config(GraphFacts, read_json(folder / FACTS), origin=str(folder / FACTS))
        graphs = [Graph(*tp.load_graph(str(folder / name))) for name in (FEATURES, LABEL)]
        return cls(facts, *graphs)

    @property
    def config(self) -> TemporalFeaturesConfig:
        """What was compiled."""
        return self.facts.config

    def group(self, events: pa.Table) -> GroupedEvents:
        """Events as the graphs take them; raises DataError where columns or rows are missing."""
        facts = self.facts
        return group_events(events, facts.index, facts.values, facts.config.binary_places)

    def compute(self, events: pa.Table, ticks: npt.NDArray[np.datetime64] | None = None) -> pa.Table:
        """Features of events, in memory; the same events give the same numbers, bit for bit.

        Sums, counts, means, minima and maxima are so even where events are older or fewer, as long as the
        windows are covered; features of deviation then agree up to rounding.

        Args:
            events: ``timestamp``, index and value columns, as event_ingest writes them.
            ticks: Which ticks are wanted, for every series; later ones than the last event's are possible.
                None: all that have their history.

        Returns:
            One row per series and tick, sorted by (timestamp, index columns): the index columns,
            ``timestamp``, every feature (float32, NaN = missing). Rows whose scale is not > 0 are in it too;
            models cannot forecast those.

        Raises:
            DataError: Columns or rows are missing.
            ConfigError: A tick that is asked for is none of the graph's.
        """
        engine = MemoryEngine(self.group(events))
        first, last = engine.first_and_last()
        if ticks is not None and len(ticks):
            # A tick may come after days without events.
            last = max(last, int(ticks.max().astype("datetime64[us]").astype(np.int64)))
        grid = TimeGrid.over(first, last, self.config)
        wanted = grid.ticks[grid.ticks >= grid.first_row] if ticks is None else self._chosen(ticks, grid)
        if not len(wanted):
            raise DataError(
                "no tick has its history: the events are too few days",
                hint="give events that go back further, or say which ticks are wanted",
            )
        return self.table(engine.run(self.features, grid)["features"], wanted)

    def table(self, computed: SeriesData, wanted: Seconds) -> pa.Table:
        """The output ``features`` at some ticks as a table (see ``compute``)."""
        return to_table(self.facts.index, self.config.names(), at(computed, wanted), np.float32)

    def _chosen(self, ticks: npt.NDArray[np.datetime64], grid: TimeGrid) -> Seconds:
        seconds: Seconds = np.unique(ticks).astype("datetime64[us]").astype(np.int64) / 1e6
        unknown = seconds[~np.isin(seconds, grid.ticks)]
        if len(unknown):
            shown = [str(moment.astype("datetime64[s]")) for moment in unknown.astype("datetime64[s]")]
            raise ConfigError(
                f"no ticks of the graph on these events: {first_few(shown)}; they have "
                f"{grid.ticks[0].astype('datetime64[s]')} to {grid.ticks[-1].astype('datetime64[s]')}"
            )
        return seconds
