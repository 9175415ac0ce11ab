"""Reads a source and writes the graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.graph_schema import SCHEMA, schema_text
from components.graph_ingest.read_graph import read_graph
from components.graph_ingest.tables import SPLITS
from components.step_executor import StepExecutor
from noria.files import write_text


class Executor(StepExecutor[GraphIngestConfig]):
    """Writes a GraphTables folder."""

    config_type = GraphIngestConfig

    def run(
        self,
        config: GraphIngestConfig,
        inputs: Mapping[str, Path],  # noqa: ARG002 - ingest is the pipeline's first step
        outputs: Mapping[str, Path],
    ) -> None:
        """Reads the graph, saves it with its schema and reports its sizes."""
        graph = read_graph(config)
        write_text(outputs["graph"] / SCHEMA, schema_text(graph))
        graph.save(outputs["graph"])
        tracking.params(
            {
                "source_kind": config.source.kind,
                "source_digest": config.source_digest,
                **{f"nodes_{name}": nodes.size for name, nodes in graph.node_sets.items()},
                **{f"edges_{name}": edges.size for name, edges in graph.edge_sets.items()},
                **{f"{split}_nodes": len(graph.task.nodes(split)) for split in SPLITS},
                "classes": len(graph.task.classes),
            }
        )
