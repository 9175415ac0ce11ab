"""What is done before and after a step's work: resolve, register, look into the cache, publish.

Put together from the parts of TFX's launcher instead of the launcher itself, because its cache key holds
MLMD ids, it takes cached outputs that merely exist, and it keeps no error text.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from noria.journal import append
from noria.light_tfx import without_frameworks
from orchestration.metadata_store import Execution, MetadataStore, end_execution
from orchestration.pipeline_plan import PipelinePlan, PlannedStep
from orchestration.run_record import RunFolder
from orchestration.step_cache import (
    Artifacts,
    cache_context,
    cache_key,
    earlier_outputs,
    first_sound,
    key_parts,
    seal,
)
from orchestration.step_request import StepRequest

with without_frameworks():
    from tfx.orchestration import data_types_utils
    from tfx.orchestration.portable import execution_publish_utils, inputs_utils
    from tfx.orchestration.portable.data_types import ExecutionInfo
    from tfx.orchestration.portable.mlmd import context_lib
    from tfx.orchestration.portable.outputs_utils import OutputsResolver, make_output_dirs
    from tfx.proto.orchestration.executable_spec_pb2 import BeamExecutableSpec
    from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput


@dataclass(frozen=True)
class CachedStep:
    """A step whose outputs were there already; it is published."""

    outputs: Artifacts


@dataclass(frozen=True)
class OpenStep:
    """A step that is registered as RUNNING and has to be executed, then published.

    Attributes:
        request: What to hand to the step server.
        execution_id: Its execution in MLMD.
        contexts: MLMD contexts: pipeline, run, node, cache key.
        outputs: Where the outputs are to be.
    """

    request: StepRequest
    execution_id: int
    contexts: list[Any]
    outputs: Artifacts


class StepLauncher:
    """Prepares and publishes the steps of one run."""

    def __init__(
        self,
        store: MetadataStore,
        plan: PipelinePlan,
        folder: RunFolder,
        environment: Mapping[str, str],
        beam_pipeline_args: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._plan = plan
        self._folder = folder
        self._environment = environment
        self._beam_pipeline_args = beam_pipeline_args

    def prepare(
        self, step: PlannedStep, use_cache: bool, explain: Callable[[str], None]
    ) -> CachedStep | OpenStep:
        """Resolves a step's inputs, registers its execution, and looks for an earlier result.

        Args:
            step: A step whose upstream steps are published.
            use_cache: Whether an earlier result may stand for this one.
            explain: Is told why an earlier result is not used.
        """
        node = step.node
        with self._store.open() as handle:
            contexts = context_lib.prepare_contexts(handle, node.contexts)
            parameters = data_types_utils.build_parsed_value_dict(
                inputs_utils.resolve_parameters_with_schema(node.parameters)
            )
            resolved = inputs_utils.resolve_input_artifacts(pipeline_node=node, metadata_handle=handle)
            if len(resolved) != 1:
                raise NoriaError(f"step {step.name}: expected one set of inputs, got {len(resolved)}")
            inputs = resolved[0]
            key = {"kind": "key", "step": step.name, "parts": key_parts(step, parameters, inputs)}
            append(self._folder.journal, key)
            context = cache_context(handle, cache_key(step, parameters, inputs))
            candidates = earlier_outputs(handle, context) if use_cache else []
            contexts.append(context)
            execution = execution_publish_utils.register_execution(
                handle, node.node_info.type, contexts, inputs, parameters
            )
        try:
            # Reads whole artifacts, so not while others wait for the metadata.
            found = first_sound(candidates, explain)
            if found is None:
                return self._open(step, execution.id, contexts, inputs, parameters)
            with self._store.open() as handle:
                execution_publish_utils.publish_cached_executions(handle, contexts, [execution], [found])
            return CachedStep(found)
        except BaseException as error:
            with self._store.open() as handle:
                end_execution(handle, execution.id, Execution.FAILED, str(error), contexts)
            raise

    def _open(
        self,
        step: PlannedStep,
        execution_id: int,
        contexts: list[Any],
        inputs: Artifacts,
        parameters: Mapping[str, Any],
    ) -> OpenStep:
        node = step.node
        resolver = OutputsResolver(node, self._plan.info, self._plan.runtime)
        outputs = resolver.generate_output_artifacts(execution_id)
        # A metadata file that was deleted and begun anew counts from one again.
        _remove(outputs)
        make_output_dirs(outputs)
        request = self._request(step)
        info = ExecutionInfo(
            execution_id=execution_id,
            input_dict={key: list(items) for key, items in inputs.items()},
            output_dict=outputs,
            exec_properties=dict(parameters),
            execution_output_uri=str(Path(request.folder) / "executor_output.pb"),
            stateful_working_dir=str(request.temporary),
            tmp_dir=str(request.temporary),
            pipeline_node=node,
            pipeline_info=self._plan.info,
            pipeline_run_id=self._folder.id,
        )
        request.write(info.to_proto().SerializeToString())
        return OpenStep(request, execution_id, contexts, outputs)

    def publish(self, step: OpenStep) -> Artifacts:
        """Publishes a step whose process left a result; returns its outputs."""
        result = ExecutorOutput.FromString(step.request.result.read_bytes())
        for made in result.output_artifacts.values():
            for artifact in made.artifacts:
                seal(artifact)
        with self._store.open() as handle:
            published, _ = execution_publish_utils.publish_succeeded_execution(
                handle, step.execution_id, step.contexts, step.outputs, result
            )
        shutil.rmtree(step.request.folder)
        return published  # type: ignore[no-any-return]

    def publish_end(self, step: OpenStep, error: str, cancelled: bool) -> None:
        """Publishes a step that failed or was cancelled, and removes what it had written."""
        state = Execution.CANCELED if cancelled else Execution.FAILED
        with self._store.open() as handle:
            end_execution(handle, step.execution_id, state, error, step.contexts)
        _remove(step.outputs)
        shutil.rmtree(step.request.folder)

    def _request(self, step: PlannedStep) -> StepRequest:
        class_path, uses_beam = _executor(step)
        return StepRequest(
            step=step.name,
            class_path=class_path,
            folder=str(self._folder.work / step.name),
            log=str(self._folder.log(step.name)),
            environment={**self._environment, "NORIA_STEP": step.name},
            fresh=uses_beam or class_path.startswith("tfx."),
            beam_pipeline_args=self._beam_pipeline_args,
        )


def _executor(step: PlannedStep) -> tuple[str, bool]:
    """The executor's import path, and whether TFX knows it as one of Beam's."""
    if isinstance(step.executor_spec, BeamExecutableSpec):
        return str(step.executor_spec.python_executor_spec.class_path), True
    return str(step.executor_spec.class_path), False


def _remove(outputs: Artifacts) -> None:
    for items in outputs.values():
        for artifact in items:
            path = Path(artifact.uri)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
