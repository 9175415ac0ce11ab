"""Which earlier result stands for a step, and whether it can still be trusted.

The key holds what the step's result depends on and nothing else: the component and its executor, its
parameters (configuration and code digest), and the content of its inputs. Neither the run, nor the
pipeline, nor MLMD's ids, nor file times are in it; so an upstream step that was computed again to the same
content lets the steps below it hit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from noria.digests import MANIFEST, manifest_problems, text_digest, tree_digest, write_manifest
from noria.files import read_json
from noria.light_tfx import without_frameworks
from orchestration.pipeline_plan import PlannedStep

with without_frameworks():
    from tfx.orchestration.metadata import Metadata
    from tfx.orchestration.portable.mlmd import context_lib, execution_lib
    from tfx.types import Artifact

CONTENT_DIGEST = "content_digest"

Artifacts = Mapping[str, Sequence[Artifact]]


def cache_key(step: PlannedStep, parameters: Mapping[str, Any], inputs: Artifacts) -> str:
    """SHA-256 over component, executor, parameters, input contents and output types."""
    return text_digest(*(text for texts in _parts(step, parameters, inputs).values() for text in texts))


def key_parts(step: PlannedStep, parameters: Mapping[str, Any], inputs: Artifacts) -> dict[str, str]:
    """A digest of each part of the key by its name, e.g. ``input graph``: tells why two keys differ."""
    return {name: text_digest(*texts) for name, texts in _parts(step, parameters, inputs).items()}


def _parts(step: PlannedStep, parameters: Mapping[str, Any], inputs: Artifacts) -> dict[str, list[str]]:
    parts = {
        "component": [step.node.node_info.type.name],
        "executor": [step.executor_spec.SerializeToString(deterministic=True).hex()],
    }
    for name, value in sorted(parameters.items()):
        parts[f"parameter {name}"] = ["parameter", name, repr(value)]
    for name, artifacts in sorted(inputs.items()):
        parts[f"input {name}"] = ["input", name, *(content_digest(artifact) for artifact in artifacts)]
    for name, spec in sorted(step.node.outputs.outputs.items()):
        parts[f"output {name}"] = ["output", name, spec.artifact_spec.type.name]
    return parts


def content_digest(artifact: Artifact) -> str:
    """The digest of an artifact's content, recorded when it was made."""
    recorded = artifact.get_string_custom_property(CONTENT_DIGEST)
    return str(recorded) if recorded else tree_digest(Path(artifact.uri))


def seal(artifact: Any) -> None:
    """Records the content digest in an artifact proto whose executor did not (TFX's stock executors)."""
    path = Path(artifact.uri)
    if CONTENT_DIGEST not in artifact.custom_properties:
        digest = write_manifest(path) if path.is_dir() else tree_digest(path)
        artifact.custom_properties[CONTENT_DIGEST].string_value = digest


def problems(artifact: Artifact) -> list[str]:
    """Why an output cannot be used any more; empty when it is exactly what was published."""
    path = Path(artifact.uri)
    recorded = artifact.get_string_custom_property(CONTENT_DIGEST)
    if path.is_file():
        return [] if tree_digest(path) == recorded else [f"{path} was altered"]
    found = manifest_problems(path)
    if not found and read_json(path / MANIFEST)["digest"] != recorded:
        found = [f"{path / MANIFEST} was altered"]
    return found


def cache_context(handle: Metadata, key: str) -> Any:
    """The MLMD context that ties executions with the same key together."""
    return context_lib.register_context_if_not_exists(handle, context_lib.CONTEXT_TYPE_EXECUTION_CACHE, key)


def earlier_outputs(handle: Metadata, context: Any) -> list[Artifacts]:
    """The outputs of every successful execution under a key, newest first."""
    executions = [
        execution
        for execution in handle.store.get_executions_by_context(context.id)
        if execution_lib.is_execution_successful(execution)
    ]
    newest_first = execution_lib.sort_executions_newest_to_oldest(executions)
    return [execution_lib.get_output_artifacts(handle, execution.id) for execution in newest_first]


def first_sound(candidates: Sequence[Artifacts], explain: Callable[[str], None]) -> Artifacts | None:
    """The first outputs that verify; ``explain`` is told why the others do not."""
    rejected: set[str] = set()
    for outputs in candidates:
        artifacts = [artifact for items in outputs.values() for artifact in items]
        if not artifacts or rejected & {artifact.uri for artifact in artifacts}:
            continue
        for artifact in artifacts:
            if found := problems(artifact):
                rejected.add(artifact.uri)
                explain(f"the cached output in {artifact.uri} is not used: {'; '.join(found[:3])}")
                break
        else:
            return outputs
    return None
