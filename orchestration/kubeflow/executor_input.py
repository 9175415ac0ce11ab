"""What KFP's launcher hands to a step, as TFX's types, and what the step hands back.

The launcher passes artifacts without their types and numbers without their kinds; both are found in the
component's input definitions, which the compiled pipeline carries in the step's arguments.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from noria.files import write_text
from noria.light_tfx import without_frameworks
from orchestration.kubeflow.object_paths import launcher_path, local_path, object_uri

with without_frameworks():
    from tfx.orchestration.portable.data_types import ExecutionInfo
    from tfx.types import standard_artifacts
    from tfx.types.artifact import Artifact
    from tfx.types.value_artifact import ValueArtifact

Artifacts = dict[str, list[Artifact]]

# Which kind of server runs the step: what the compiled pipeline's target was.
SERVER_VARIABLE = "NORIA_SERVER"


@dataclass(frozen=True)
class StepInvocation:
    """One step's work, as the launcher stated it.

    Attributes:
        inputs: Downloaded artifacts by key; their URIs are local paths.
        outputs: Artifacts to be made by key; their URIs are local paths.
        parameters: Execution parameters by name.
        output_parameters: Names of outputs whose value is wanted as a parameter, too.
        output_file: Where the launcher looks for the result.
        run_id: The run on the server, read from the outputs' addresses; empty without outputs.
    """

    inputs: Artifacts
    outputs: Artifacts
    parameters: dict[str, Any]
    output_parameters: tuple[str, ...]
    output_file: Path
    run_id: str


def read_invocation(executor_input: str, inputs_spec: str) -> StepInvocation:
    """Reads the launcher's ExecutorInput.

    Args:
        executor_input: ExecutorInput as JSON.
        inputs_spec: The component's ComponentInputsSpec as JSON.

    Raises:
        NoriaError: One of them is not what it should be, or an artifact type cannot be imported.
    """
    given = _parse(executor_input, "ExecutorInput")
    defined = _parse(inputs_spec or "{}", "ComponentInputsSpec")
    types = {key: _schema_title(spec.artifact_type) for key, spec in defined.artifacts.items()}
    inputs: Artifacts = {}
    for key, items in given.inputs.artifacts.items():
        title = types.get(key) or next((_schema_title(item.type) for item in items.artifacts), "")
        inputs[key] = [_artifact(title, item, f"input {key}") for item in items.artifacts]
    outputs: Artifacts = {}
    run_id = ""
    for key, items in given.outputs.artifacts.items():
        # The launcher writes this one itself.
        if key == "executor-logs":
            continue
        outputs[key] = [
            _artifact(_schema_title(item.type), item, f"output {key}") for item in items.artifacts
        ]
        for item in items.artifacts:
            run_id = run_id or _run_id(item.uri)
    return StepInvocation(
        inputs=inputs,
        outputs=outputs,
        parameters=_parameters(given.inputs.parameter_values, defined),
        output_parameters=tuple(given.outputs.parameters),
        output_file=launcher_path(given.outputs.output_file),
        run_id=run_id,
    )


def write_result(invocation: StepInvocation, made: Mapping[str, Any]) -> None:
    """Writes the ExecutorOutput that the launcher reads.

    Args:
        invocation: What was asked for.
        made: Artifact protos (ML Metadata's) by output key, with local paths as URIs.
    """
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as pb

    result = pb.ExecutorOutput()
    for key, artifact in made.items():
        entry = result.artifacts[key].artifacts.add(uri=object_uri(Path(artifact.uri)))
        for properties in (artifact.properties, artifact.custom_properties):
            for name, value in properties.items():
                kind = value.WhichOneof("value")
                if kind in ("string_value", "int_value", "double_value"):
                    entry.metadata[name] = getattr(value, kind)
    for key in invocation.output_parameters:
        (artifact,) = invocation.outputs[key]
        if not isinstance(artifact, ValueArtifact):
            raise NoriaError(
                f"output {key} is wanted as a parameter, but a {artifact.type_name} has no value"
            )
        value = artifact.read()
        json_format.ParseDict(value, result.parameter_values[key])
    write_text(invocation.output_file, json_format.MessageToJson(result))


def _parse(text: str, message: str) -> Any:
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as pb

    try:
        return json_format.Parse(text, getattr(pb, message)(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise NoriaError(
            f"the launcher's {message} cannot be read: {error}; got {text[:200]!r}",
            hint="this program is started by Kubeflow's launcher, with what `noria compile` wrote",
        ) from error


def _parameters(values: Mapping[str, Any], defined: Any) -> dict[str, Any]:
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as pb

    found = {}
    for name, value in values.items():
        plain = _whole_numbers(json_format.MessageToDict(value))
        kind = defined.parameters[name].parameter_type if name in defined.parameters else None
        if kind == pb.ParameterType.NUMBER_DOUBLE and isinstance(plain, int):
            plain = float(plain)
        if kind in (pb.ParameterType.STRUCT, pb.ParameterType.LIST) and isinstance(plain, str):
            # Some servers hand structures over as text.
            plain = _whole_numbers(json.loads(plain))
        found[name] = plain if _carried(plain) else json.dumps(plain)
    return found


def _carried(value: Any) -> bool:
    """Whether TFX's message to an executor carries a value: of structures only plain ones, without null."""
    if not isinstance(value, dict | list):
        return True
    given = {"value": value}
    try:
        message = ExecutionInfo(input_dict={}, output_dict={}, exec_properties=given).to_proto()
        return bool(ExecutionInfo.from_proto(message).exec_properties == given)
    except (TypeError, ValueError, RuntimeError):
        # What TFX raises for what it cannot write, and for what it cannot read back.
        return False


def _whole_numbers(value: Any) -> Any:
    """On the wire every number is a double; those that are whole become integers again."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole_numbers(item) for item in value]
        case dict():
            # In no particular order on the wire; a step must see the same one every time.
            return {key: _whole_numbers(value[key]) for key in sorted(value)}
    return value


def _artifact(title: str, given: Any, place: str) -> Artifact:
    artifact = _type(title, place)()
    artifact.uri = str(local_path(given.uri))
    known = artifact.artifact_type.properties
    for name, value in given.metadata.fields.items():
        kind = value.WhichOneof("kind")
        plain = _whole_numbers(getattr(value, kind))
        if name in known:
            setattr(artifact, name, plain)
        elif kind == "string_value":
            artifact.set_string_custom_property(name, plain)
        elif isinstance(plain, int) and not isinstance(plain, bool):
            artifact.set_int_custom_property(name, plain)
        elif isinstance(plain, float):
            artifact.set_float_custom_property(name, plain)
    return artifact


def _type(title: str, place: str) -> type[Artifact]:
    package, _, name = title.partition(".")
    module = standard_artifacts if package == "tfx" else None
    try:
        found = getattr(module or importlib.import_module(package), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise NoriaError(
            f"{place}: the image does not know the artifact type {title!r}: {error}",
            hint="the image must contain the package that the pipeline was compiled with",
        ) from error
    if not (isinstance(found, type) and issubclass(found, Artifact)):
        raise NoriaError(f"{place}: {title!r} is no artifact type")
    return found


def _schema_title(schema: Any) -> str:
    if schema.schema_title:
        return str(schema.schema_title)
    _, _, rest = str(schema.instance_schema).partition("title:")
    return rest.split()[0] if rest.split() else ""


def _run_id(uri: str) -> str:
    """.../RUN/TASK/SALT/OUTPUT on Kubeflow, .../PROJECT-NUMBER/RUN/TASK_NUMBER/OUTPUT on Vertex AI."""
    parts = uri.split("/")
    place = -3 if os.environ.get(SERVER_VARIABLE) == "vertex" else -4
    return parts[place] if len(parts) > 6 else ""
