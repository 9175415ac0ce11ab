"""The spec of graph_ingest: no input, one graph."""

from __future__ import annotations

from components.artifacts import GraphTables
from components.graph_ingest.config import GraphIngestConfig
from components.step_component import ExecutorPath, StepComponent, step_spec


class GraphIngest(StepComponent):
    """Reads a graph from a source outside the pipeline; output ``graph``."""

    SPEC_CLASS = step_spec("GraphIngest", inputs={}, outputs={"graph": GraphTables})
    EXECUTOR_SPEC = ExecutorPath("components.graph_ingest.executor.Executor")

    def __init__(self, config: GraphIngestConfig) -> None:
        super().__init__(config, {})
