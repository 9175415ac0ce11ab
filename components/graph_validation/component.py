"""The spec of graph_validation: a graph in, a report out."""

from __future__ import annotations

from components.artifacts import GraphTables, ValidationReport
from components.graph_validation.config import GraphValidationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class GraphValidation(StepComponent):
    """Checks a graph; output ``report`` holds ``statistics.json``, ``checks.json`` and ``report.html``."""

    SPEC_CLASS = step_spec(
        "GraphValidation", inputs={"graph": GraphTables}, outputs={"report": ValidationReport}
    )
    EXECUTOR_SPEC = ExecutorPath("components.graph_validation.executor.Executor")

    def __init__(self, config: GraphValidationConfig, *, graph: BaseChannel) -> None:
        super().__init__(config, {"graph": graph})
