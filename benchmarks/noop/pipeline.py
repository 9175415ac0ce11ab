"""The pipeline of five steps that do nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.noop.executor import NoopConfig
from components.artifacts import GraphTables
from components.step_component import ExecutorPath, StepComponent, step_spec
from pipelines.registry import PipelineEntry

PIPELINE = PipelineEntry("noop", "five steps that do nothing", "benchmarks.noop.pipeline", "NoopConfig")


class Noop(StepComponent):
    """Takes the output of the step before it, if there is one."""

    SPEC_CLASS = step_spec(
        "Noop", inputs={"before": GraphTables}, outputs={"after": GraphTables}, optional=("before",)
    )
    EXECUTOR_SPEC = ExecutorPath("benchmarks.noop.executor.Executor")


def create_pipeline(config: NoopConfig) -> list[Any]:
    """A chain of five."""
    steps: list[Any] = []
    for number in range(1, 6):
        before = steps[-1].outputs["after"] if steps else None
        steps.append(Noop(config, {"before": before}).with_id(f"step_{number}"))
    return steps
