"""One step in a pod: sound inputs, empty outputs, the step's own process, and its result for the launcher."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from noria.digests import MANIFEST, manifest_problems
from noria.errors import DataError, NoriaError
from noria.files import read_json
from noria.light_tfx import without_frameworks
from orchestration.kubeflow.executor_input import StepInvocation, read_invocation, write_result
from orchestration.kubeflow.pod_run import PodRun
from orchestration.step_cache import CONTENT_DIGEST, seal
from orchestration.step_request import INTERPRETER_ENVIRONMENT, StepError, StepRequest

with without_frameworks():
    from tfx.orchestration.portable.data_types import ExecutionInfo
    from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput
    from tfx.types.artifact import Artifact


def run_pod_step(
    class_path: str, executor_input: str, inputs_spec: str, beam_pipeline_args: Sequence[str]
) -> str:
    """Runs one step.

    Args:
        class_path: The executor's import path.
        executor_input: The launcher's ExecutorInput as JSON.
        inputs_spec: The component's ComponentInputsSpec as JSON.
        beam_pipeline_args: Options of Beam's runner.

    Returns:
        Why the step failed, for a person; empty when it succeeded.

    Raises:
        NoriaError: What the step was given is unsound; it was not started.
    """
    invocation = read_invocation(executor_input, inputs_spec)
    for key, items in invocation.inputs.items():
        for artifact in items:
            _check_input(key, artifact)
    for items in invocation.outputs.values():
        for artifact in items:
            # What an earlier attempt may have left.
            _remove(Path(artifact.uri))
            Path(artifact.uri).parent.mkdir(parents=True, exist_ok=True)
    with PodRun.begin(invocation.run_id, names_data=_names_data(invocation)) as run:
        request = _request(class_path, invocation, run, beam_pipeline_args)
        # What frameworks leave there goes with the step, even when it is killed.
        with tempfile.TemporaryDirectory(prefix="noria-") as temporary:
            status = subprocess.run(
                [sys.executable, "-m", "orchestration.step_main", str(request.path)],
                env={**os.environ, **INTERPRETER_ENVIRONMENT, "TMPDIR": temporary},
                check=False,
            ).returncode
        if status != 0 or not request.result.exists():
            error = _reason(request, status)
            run.ended("failed", error)
            return error
        made = _made(request, invocation)
        digests = {key: _digest(artifact) for key, artifact in made.items()}
        outputs = {key: artifact.uri for key, artifact in made.items()}
        run.ended("succeeded", outputs=outputs, digests=digests)
    write_result(invocation, made)
    return ""


def _request(
    class_path: str, invocation: StepInvocation, run: PodRun, beam_pipeline_args: Sequence[str]
) -> StepRequest:
    request = StepRequest(
        step=run.step,
        class_path=class_path,
        folder=str(run.folder.work / run.step),
        log="",
        environment=run.environment,
        fresh=class_path.startswith("tfx."),
        beam_pipeline_args=beam_pipeline_args,
    )
    info = ExecutionInfo(
        execution_id=0,
        input_dict=invocation.inputs,
        output_dict=invocation.outputs,
        exec_properties=invocation.parameters,
        execution_output_uri=str(Path(request.folder) / "executor_output.pb"),
        stateful_working_dir=str(request.temporary),
        tmp_dir=str(request.temporary),
        pipeline_run_id=run.folder.id,
    )
    request.write(info.to_proto().SerializeToString())
    return request


def _names_data(invocation: StepInvocation) -> bool:
    """Whether a step makes the run's data: it has no inputs, and makes no mere schema (ImportSchemaGen)."""
    kinds = {artifact.TYPE_NAME for items in invocation.outputs.values() for artifact in items}
    return not invocation.inputs and "Schema" not in kinds


def _check_input(key: str, artifact: Artifact) -> None:
    """Compares a downloaded input with what its producer recorded.

    The store may hold more than the producer made: an attempt that was evicted while its outputs were being
    uploaded leaves objects under the same address. Those are removed; anything missing or altered is fatal.
    """
    path, recorded = Path(artifact.uri), artifact.get_string_custom_property(CONTENT_DIGEST)
    if not path.exists():
        raise DataError(
            f"input {key}: nothing was downloaded to {path}",
            hint="look at the launcher's log above, and whether the object store still has the artifact",
        )
    if not recorded or not path.is_dir():
        return
    if not (path / MANIFEST).is_file() or read_json(path / MANIFEST)["digest"] != recorded:
        raise DataError(
            f"input {key} in {path} is not what the step before it made",
            hint="run that step again, with caching off: its artifact was overwritten or half written",
        )
    whole = set(read_json(path / MANIFEST)["files"]) | {MANIFEST}
    for file in [file for file in path.rglob("*") if file.is_file()]:
        if file.relative_to(path).as_posix() not in whole:
            print(f"input {key}: {file} was left by another attempt; removed", file=sys.stderr)
            file.unlink()
    if problems := manifest_problems(path):
        raise DataError(
            f"input {key} in {path} is not whole: {'; '.join(problems[:3])}",
            hint="run the step that made it again, with caching off",
        )


def _made(request: StepRequest, invocation: StepInvocation) -> dict[str, Any]:
    """Artifact protos of the outputs, with the properties that the executor set, and sealed."""
    result = ExecutorOutput.FromString(request.result.read_bytes())
    made = {}
    for key, items in invocation.outputs.items():
        named = result.output_artifacts[key].artifacts if key in result.output_artifacts else []
        artifact = named[0] if named else items[0].mlmd_artifact
        if not Path(artifact.uri).exists():
            raise NoriaError(f"output {key}: the step succeeded without writing {artifact.uri}")
        seal(artifact)
        made[key] = artifact
    return made


def _digest(artifact: Any) -> str:
    return str(artifact.custom_properties[CONTENT_DIGEST].string_value)


def _reason(request: StepRequest, status: int) -> str:
    if request.error.exists():
        return StepError(**read_json(request.error)).text
    if status < 0:
        text = f"its process was killed by signal {-status}"
        return text + (
            "; out of memory? Raise the step's memory in the target's file" if status == -9 else ""
        )
    return f"its process ended with status {status}, without a result and without an error"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
