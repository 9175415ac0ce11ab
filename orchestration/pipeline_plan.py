"""A pipeline made ready to run: TFX's intermediate representation with the run's id filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from noria.errors import NoriaError
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.compiler.compiler import Compiler
    from tfx.dsl.compiler.constants import PIPELINE_RUN_ID_PARAMETER_NAME
    from tfx.orchestration.local import runner_utils
    from tfx.orchestration.pipeline import Pipeline
    from tfx.orchestration.portable import runtime_parameter_utils


@dataclass(frozen=True)
class PlannedStep:
    """One node of the pipeline.

    Attributes:
        name: The component's id.
        upstream: Steps whose outputs it needs.
        node: Its PipelineNode proto.
        executor_spec: The proto that names its executor.
    """

    name: str
    upstream: tuple[str, ...]
    node: Any
    executor_spec: Any


@dataclass(frozen=True)
class PipelinePlan:
    """Steps in topological order, and what the protos around them say.

    Attributes:
        info: PipelineInfo proto.
        runtime: PipelineRuntimeSpec proto.
    """

    steps: tuple[PlannedStep, ...]
    info: Any
    runtime: Any


def plan_pipeline(name: str, root: str, components: Sequence[Any], run_id: str) -> PipelinePlan:
    """Compiles components into a plan for one run.

    Args:
        name: The pipeline's name.
        root: The folder below which steps write.
        components: TFX components in any order; their channels make the graph.
        run_id: The run's id.

    Raises:
        NoriaError: A node has no executor (TFX's importers and resolvers are not run here).
    """
    pipeline = Pipeline(pipeline_name=name, pipeline_root=root, components=list(components))
    compiled = Compiler().compile(pipeline)
    runtime_parameter_utils.substitute_runtime_parameter(compiled, {PIPELINE_RUN_ID_PARAMETER_NAME: run_id})
    deployment = runner_utils.extract_local_deployment_config(compiled)
    steps = []
    for wrapped in compiled.nodes:
        node = wrapped.pipeline_node
        step = node.node_info.id
        spec = runner_utils.extract_executor_spec(deployment, step)
        if spec is None:
            raise NoriaError(
                f"step {step} of pipeline {name} is a {node.node_info.type.name}, which has no executor",
                hint="read the value inside a component instead; importers and resolvers are not run",
            )
        steps.append(PlannedStep(step, tuple(node.upstream_nodes), node, spec))
    return PipelinePlan(tuple(steps), compiled.pipeline_info, compiled.runtime_spec)
