"""The work of temporal_features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from components import tracking
from components.event_ingest.event_table import TIMESTAMP, EventTable
from components.step_executor import StepExecutor
from components.temporal_features.build_table import BuiltTable, Engine, build_table
from components.temporal_features.config import TemporalFeaturesConfig
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.feature_table import FEATURES, GRAPH, PERIODS, FeatureFacts, save_facts
from components.temporal_features.memory_engine import MemoryEngine
from components.temporal_features.report import feature_report, missing_shares
from noria.digests import file_digest
from noria.files import replacing, write_text


class Executor(StepExecutor[TemporalFeaturesConfig]):
    """Writes a FeatureTable folder. The graph that computes is the one that was saved, read back."""

    config_type = TemporalFeaturesConfig

    def run(
        self, config: TemporalFeaturesConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Raises ConfigError (a leak, an unknown column) before an event is read."""
        events, folder = EventTable.load(inputs["events"]), outputs["features"]
        FeatureGraph.compile(config, events.facts.index, events.facts.values).save(folder / GRAPH)
        graph = FeatureGraph.load(folder / GRAPH)
        built = build_table(graph, self._engine(graph, events))
        for name, table in ((FEATURES, built.features), (PERIODS, built.periods)):
            with replacing(folder / name) as temporary:
                pq.write_table(table, temporary)
        save_facts(folder, _facts(graph, events, built, file_digest(folder / FEATURES)))
        write_text(folder / "report.html", feature_report(built, config, graph.facts.index))
        _track(config, built)
        tracking.artifact(folder / "report.html")

    def _engine(self, graph: FeatureGraph, events: EventTable) -> Engine:
        columns = [TIMESTAMP, *graph.facts.index, *graph.facts.values]
        if graph.config.engine == "memory":
            index = list(graph.facts.index)
            return MemoryEngine(
                graph.group(pq.read_table(events.parquet, columns=columns, read_dictionary=index))
            )
        # Beam takes seconds to import; the memory engine does without.
        from components.temporal_features.beam_engine import BeamEngine

        return BeamEngine(events.parquet, graph.facts, self.beam_pipeline_args)


def _facts(graph: FeatureGraph, events: EventTable, built: BuiltTable, digest: str) -> FeatureFacts:
    config = graph.config
    return FeatureFacts(
        index=graph.facts.index,
        features=tuple(config.names()),
        scale=config.scale,
        target=config.label.of,
        horizon=config.horizon,
        tick=config.tick,
        period=config.period_seconds,
        time_zone=events.facts.time_zone,
        series=built.counts["series_kept"],
        data_digest=digest,
    )


def _track(config: TemporalFeaturesConfig, built: BuiltTable) -> None:
    missing = missing_shares(built.features, config.names())
    tracking.params(
        {
            "engine": config.engine,
            "features": len(missing),
            **built.counts,
            **{f"warning_{n}": text for n, text in enumerate(built.warnings, 1)},
        }
    )
    tracking.metrics(
        {
            "feature_rows": built.counts["rows"],
            "feature_series": built.counts["series_kept"],
            "missing_share": sum(missing.values()) / len(missing),
        }
    )
