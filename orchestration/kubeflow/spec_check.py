"""A strict check of compiled documents: against the protos, and for references that lead nowhere.

The protos alone let much pass: ``deploymentSpec`` is a free-form struct to them, and a task may name a
producer that does not exist. The server finds such things when a run is started, or a pod does.
"""

from __future__ import annotations

import graphlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from noria.errors import NoriaError

_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")


def check_documents(documents: Sequence[Mapping[str, Any]]) -> None:
    """Checks a pipeline spec and, where there is one, the platform spec behind it.

    Raises:
        NoriaError: One line per problem.
    """
    problems = list(_spec_problems(documents[0]))
    if len(documents) > 1:
        problems += _platform_problems(documents[1], documents[0])
    if problems:
        raise NoriaError("the compiled pipeline is not sound:\n  " + "\n  ".join(problems))


def _spec_problems(spec: Mapping[str, Any]) -> Iterator[str]:
    from kfp.pipeline_spec import pipeline_spec_pb2 as pb

    yield from _proto_problems(spec, pb.PipelineSpec(), "pipeline spec")
    deployment = spec.get("deploymentSpec", {})
    yield from _proto_problems(deployment, pb.PipelineDeploymentConfig(), "deploymentSpec")
    if spec.get("schemaVersion") != "2.1.0":
        yield f"schemaVersion: expected 2.1.0, got {spec.get('schemaVersion')!r}"
    name = spec.get("pipelineInfo", {}).get("name", "")
    if not _NAME.match(name) or len(name) > 128:
        yield f"pipelineInfo.name {name!r}: lower-case letters, digits and dashes, at most 128"
    components = spec.get("components", {})
    executors = deployment.get("executors", {})
    for label, executor in executors.items():
        container = executor.get("container", {})
        for field in ("image", "command"):
            if not container.get(field):
                yield f"{label}: no {field}"
    yield from _dag_problems("root", spec.get("root", {}), components)
    for label, component in components.items():
        if "dag" in component:
            yield from _dag_problems(label, component, components)
        elif component.get("executorLabel") not in executors:
            yield f"{label}: there is no executor {component.get('executorLabel')!r}"


def _dag_problems(place: str, owner: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[str]:
    tasks = owner.get("dag", {}).get("tasks", {})
    if not tasks:
        yield f"{place}: no tasks"
    offered = owner.get("inputDefinitions", {}).get("parameters", {})
    before: dict[str, set[str]] = {}
    for name, task in tasks.items():
        here = f"{place}, task {name}"
        if not _NAME.match(name):
            yield f"{here}: lower-case letters, digits and dashes only"
        component = components.get(task.get("componentRef", {}).get("name"))
        if component is None:
            yield f"{here}: there is no component {task.get('componentRef')!r}"
            continue
        before[name] = set(task.get("dependentTasks", []))
        if unknown := sorted(before[name] - tasks.keys()):
            yield f"{here}: depends on {', '.join(unknown)}, which are no tasks"
        yield from _input_problems(here, task, component, tasks, components, offered)
    try:
        tuple(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError as error:
        yield f"{place}: tasks wait for each other: {' -> '.join(error.args[1])}"


def _input_problems(
    here: str,
    task: Mapping[str, Any],
    component: Mapping[str, Any],
    tasks: Mapping[str, Any],
    components: Mapping[str, Any],
    offered: Mapping[str, Any],
) -> Iterator[str]:
    defined, given = component.get("inputDefinitions", {}), task.get("inputs", {})
    for kind in ("parameters", "artifacts"):
        wanted, sources = defined.get(kind, {}), given.get(kind, {})
        for key in sorted(sources.keys() - wanted.keys()):
            yield f"{here}: gives {kind[:-1]} {key!r}, which its component does not take"
        for key, definition in wanted.items():
            if key not in sources and not definition.get("isOptional") and "defaultValue" not in definition:
                yield f"{here}: lacks {kind[:-1]} {key!r}"
    for key, source in given.get("parameters", {}).items():
        outer = source.get("componentInputParameter")
        if outer is None:
            continue
        expected = defined.get("parameters", {}).get(key, {}).get("parameterType")
        if outer not in offered:
            yield f"{here}: parameter {key!r} comes from {outer!r}, which nobody gives"
        elif offered[outer]["parameterType"] != expected:
            got = offered[outer]["parameterType"]
            yield f"{here}: parameter {key!r} is {expected}, but {outer!r} is {got}"
    for key, source in given.get("artifacts", {}).items():
        made = source.get("taskOutputArtifact", {})
        producer, output = made.get("producerTask"), made.get("outputArtifactKey")
        if producer not in tasks:
            yield f"{here}: artifact {key!r} is made by {producer!r}, which is no task"
            continue
        if producer not in task.get("dependentTasks", []):
            yield f"{here}: uses an artifact of {producer} without depending on it"
        maker = components.get(tasks[producer]["componentRef"]["name"], {})
        outputs = maker.get("outputDefinitions", {}).get("artifacts", {})
        wanted_type = defined.get("artifacts", {}).get(key, {}).get("artifactType")
        if output not in outputs:
            yield f"{here}: {producer} has no output {output!r}"
        elif outputs[output]["artifactType"] != wanted_type:
            yield f"{here}: artifact {key!r} is {outputs[output]['artifactType']}, expected {wanted_type}"


def _platform_problems(platform: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb
    from kfp.pipeline_spec import pipeline_spec_pb2 as pb

    problems = list(_proto_problems(platform, pb.PlatformSpec(), "platform spec"))
    configs = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    known = spec["deploymentSpec"]["executors"]
    for label, config in configs.items():
        if label not in known:
            problems.append(f"platform spec: there is no executor {label!r}")
        problems += _proto_problems(
            config, kubernetes_pb.KubernetesExecutorConfig(), f"platform spec, {label}"
        )
    return problems


def _proto_problems(tree: Mapping[str, Any], message: Any, place: str) -> Iterator[str]:
    from google.protobuf import json_format

    try:
        json_format.ParseDict(tree, message)
    except json_format.ParseError as error:
        yield f"{place}: {error}"
