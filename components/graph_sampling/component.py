"""The specification of graph_sampling."""

from __future__ import annotations

from components.artifacts import GraphSamples, GraphTables
from components.graph_sampling.config import GraphSamplingConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class GraphSampling(StepComponent):
    """Draws a rooted subgraph around every labelled node."""

    SPEC_CLASS = step_spec("GraphSampling", inputs={"graph": GraphTables}, outputs={"samples": GraphSamples})
    EXECUTOR_SPEC = ExecutorPath("components.graph_sampling.executor.Executor")

    def __init__(self, config: GraphSamplingConfig, *, graph: BaseChannel) -> None:
        super().__init__(config, {"graph": graph})
