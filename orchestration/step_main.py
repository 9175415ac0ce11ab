"""The process of one step: imports the executor, runs it, leaves a result or an error behind.

Runs either in a process forked by ``orchestration.step_server`` or, for a ``fresh`` request, as
``python -m orchestration.step_main REQUEST``.
"""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import absl.logging

from components.tracking import RECORDS
from noria.digests import MANIFEST
from noria.errors import NoriaError
from noria.files import write_bytes, write_json
from orchestration.step_request import StepError, StepRequest


def run_step(request: StepRequest) -> int:
    """Runs the executor; returns the process's exit status (0, or 1 with ``error.json`` written)."""
    faulthandler.enable()
    os.environ.update(request.environment)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    # Hundreds of lines on types that it does not know.
    logging.getLogger("apache_beam.typehints").setLevel(logging.WARNING)
    try:
        output = _execute(request)
    except BaseException as error:
        # Whatever it was, SystemExit included: the step did not finish, and this is why.
        traceback.print_exc()
        write_json(request.error, asdict(_explain(error, request)))
        return 1
    write_bytes(request.result, output.SerializeToString())
    return 0


def _execute(request: StepRequest) -> Any:
    stock = request.class_path.startswith("tfx.")
    if request.fresh:
        # Before anything below imports TFX's modules with the frameworks blocked. For one of TFX's executors
        # its own module is enough, and a third faster.
        importlib.import_module(request.class_path.rpartition(".")[0] if stock else "tfx.v1")
    from noria.light_tfx import without_frameworks

    with without_frameworks():
        from tfx.orchestration.portable import python_executor_operator
        from tfx.orchestration.portable.data_types import ExecutionInfo
        from tfx.proto.orchestration.execution_invocation_pb2 import ExecutionInvocation
        from tfx.types import standard_artifacts  # noqa: F401
        from tfx.types.value_artifact import ValueArtifact

    module, _, name = request.class_path.rpartition(".")
    # First, because TFX finds the classes of artifacts among those that are imported.
    executor = getattr(importlib.import_module(module), name)
    # TFX warns of every artifact type that is not one of its own.
    absl.logging.set_verbosity(absl.logging.ERROR)
    info = ExecutionInfo.from_proto(ExecutionInvocation.FromString(request.invocation.read_bytes()))
    absl.logging.set_verbosity(absl.logging.INFO)
    for artifacts in info.input_dict.values():
        for artifact in artifacts:
            if isinstance(artifact, ValueArtifact):
                # What was read elsewhere does not come along with the proto.
                artifact.read()
    if stock:
        _hide_manifests(info.input_dict, request.temporary / "inputs")
    context = _context(executor, info, request.beam_pipeline_args)
    output = python_executor_operator.run_with_executor(info, executor(context=context))
    if output.execution_result.code:
        raise RuntimeError(output.execution_result.result_message)
    return output


def _hide_manifests(inputs: Mapping[str, Sequence[Any]], folder: Path) -> None:
    """Shows TFX's executors their inputs as links, without our own files: some want one file in a folder."""
    for key, artifacts in inputs.items():
        for number, artifact in enumerate(artifacts):
            whole = Path(artifact.uri)
            if not (whole / MANIFEST).is_file():
                continue
            shown = folder / key / str(number)
            shown.mkdir(parents=True)
            for entry in whole.iterdir():
                if entry.name not in (MANIFEST, RECORDS):
                    (shown / entry.name).symlink_to(entry.absolute())
            artifact.uri = str(shown)


def _context(executor: type[Any], info: Any, beam_pipeline_args: Sequence[str]) -> Any:
    """What an executor is made with; Beam's options lie where its base class looks for them."""
    from noria.light_tfx import without_frameworks

    with without_frameworks():
        from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
        from tfx.dsl.components.base.base_executor import BaseExecutor

    common = {
        "tmp_dir": info.tmp_dir,
        "unique_id": str(info.execution_id),
        "executor_output_uri": info.execution_output_uri,
        "stateful_working_dir": info.stateful_working_dir,
        "pipeline_node": info.pipeline_node,
        "pipeline_info": info.pipeline_info,
        "pipeline_run_id": info.pipeline_run_id,
    }
    options = list(beam_pipeline_args)
    if issubclass(executor, BaseBeamExecutor):
        return BaseBeamExecutor.Context(beam_pipeline_args=options, **common)
    return BaseExecutor.Context(extra_flags=options, **common)


def _explain(error: BaseException, request: StepRequest) -> StepError:
    if isinstance(error, NoriaError):
        return StepError("", error.message, error.hint)
    own = {"components", "noria", request.class_path.split(".")[0]}
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if own & set(path.parts) and "site-packages" not in path.parts:
            place = f"{path.name}:{frame.lineno} in {frame.name}: {frame.line}"
    return StepError(type(error).__name__, str(error) or "(no message)", place=place)


if __name__ == "__main__":
    sys.exit(run_step(StepRequest.read(Path(sys.argv[1]))))
