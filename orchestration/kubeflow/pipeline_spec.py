"""A pipeline as Kubeflow's backend takes it: pipeline spec 2.1.0, and a platform document beside it.

TFX's own output is refused or misunderstood by the open-source backend in several places; what is mended
here, and why, is listed in ``docs/kubeflow.md``. Names follow kfp's own compiler (``comp-NAME``,
``exec-NAME``, dashes), because its page and its backend are used to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from noria.digests import text_digest
from noria.elsewhere import files_elsewhere
from noria.light_tfx import without_frameworks
from noria.typed_config import TypedConfig
from orchestration.beam_options import BEAM_VARIABLE
from orchestration.kubeflow.compile_checks import check_components
from orchestration.kubeflow.executor_settings import container_settings, retry_policy
from orchestration.kubeflow.exit_handler import with_exit_handler
from orchestration.kubeflow.platform_spec import platform_spec
from orchestration.kubeflow.spec_check import check_documents
from orchestration.kubeflow.tfx_spec import tfx_pipeline_spec
from orchestration.target_devices import on_devices
from orchestration.targets import KubeflowTarget, VertexTarget
from pipelines.registry import LoadedPipeline

with without_frameworks():
    from tfx.orchestration.data_types import RuntimeParameter

SCHEMA_VERSION = "2.1.0"
# Parameters of every component of ours (components/step_component.py).
_CONFIG = "config"
_CODE_DIGEST = "code_digest"


@dataclass(frozen=True)
class CompiledPipeline:
    """A pipeline ready to be uploaded.

    Attributes:
        name: The pipeline's name on the server.
        steps: Task name on the server by the step's name.
        documents: The pipeline spec and, where the target needs one, the platform spec.
    """

    name: str
    steps: Mapping[str, str]
    documents: Sequence[Mapping[str, Any]]

    @property
    def text(self) -> str:
        """The documents as YAML; the same pipeline, configuration, code and target give the same bytes."""
        return str(yaml.safe_dump_all(self.documents, sort_keys=True, width=110))

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return text_digest(self.text)


def compile_pipeline(
    pipeline: LoadedPipeline, config: TypedConfig, target: KubeflowTarget | VertexTarget, target_name: str
) -> CompiledPipeline:
    """Checks and compiles a pipeline for a target.

    Args:
        pipeline: What to compile.
        config: Its configuration; each step's part becomes the default of a parameter named like the step.
        target: Where it is to run.
        target_name: What that place is called here; runs are tagged with it.

    Raises:
        NoriaError: The configuration does not pass the pipeline's own check, or the pipeline cannot run
            there; the message names the field or the step.
    """
    from google.protobuf import json_format

    name = pipeline.entry.name
    mounts = [mount.path for mount in target.mounts] if isinstance(target, KubeflowTarget) else []
    with files_elsewhere(mounts) as elsewhere:
        pipeline.check(config)
        components = pipeline.create(on_devices(config, target.devices))
    check_components(name, components)
    made = tfx_pipeline_spec(task_name(name), components, target.image)
    spec: dict[str, Any] = json_format.MessageToDict(made)
    steps = {component.id: task_name(component.id) for component in components}
    environment = {
        "NORIA_PIPELINE": name,
        "NORIA_TARGET": target_name,
        "NORIA_HOME": "/tmp/noria",
        "NORIA_SERVER": target.kind,
        **({"MLFLOW_TRACKING_URI": target.tracking.uri} if target.tracking.uri else {}),
        **target.environment,
    }
    beam = json.dumps(target.beam.pipeline_args)
    executors = spec["deploymentSpec"]["executors"]
    for component in components:
        step = component.id
        container = executors[f"{step}_executor"]["container"]
        _name_executor(container["args"], component.executor_spec.class_path)
        container_settings(container, step, target, {**environment, BEAM_VARIABLE: beam})
        task = spec["root"]["dag"]["tasks"][step]
        # Nobody here knows what a volume of the cluster holds, so what reads it has no key for the cache.
        unknown = elsewhere.asked and not component.inputs
        task["cachingOptions"] = {"enableCache": target.caching and not unknown}
        if target.retries.count:
            task["retryPolicy"] = retry_policy(target.retries)
        _structures(spec, component)
        _config_as_parameter(spec, step)
    _runtime_defaults(spec, components)
    spec = _renamed(spec, steps)
    spec["pipelineInfo"] = {"name": task_name(name)}
    spec["schemaVersion"] = SCHEMA_VERSION
    if target.tracking.uri:
        spec = with_exit_handler(spec, config, target, environment)
    documents: list[dict[str, Any]] = [spec]
    if isinstance(target, KubeflowTarget):
        documents.append(platform_spec(target, list(spec["deploymentSpec"]["executors"]), steps))
    check_documents(documents)
    return CompiledPipeline(spec["pipelineInfo"]["name"], steps, documents)


def task_name(step: str) -> str:
    """A step's name as Kubeflow's: it ends up in the names of pods, which have no underscores."""
    return step.replace("_", "-")


def _name_executor(arguments: list[str], class_path: str) -> None:
    """Puts the executor's import path where TFX put that of the class that stands for it."""
    arguments[arguments.index("--executor_class_path") + 1] = class_path


def _structures(spec: dict[str, Any], component: Any) -> None:
    """Lets lists and mappings travel as such; TFX writes them as text, which arrives as text."""
    step = component.id
    for name, value in component.exec_properties.items():
        if isinstance(value, list | dict):
            given = spec["root"]["dag"]["tasks"][step]["inputs"]["parameters"]
            given[name] = {"runtimeValue": {"constant": value}}
            defined = spec["components"][step]["inputDefinitions"]["parameters"]
            defined[name]["parameterType"] = "LIST" if isinstance(value, list) else "STRUCT"


def _config_as_parameter(spec: dict[str, Any], step: str) -> None:
    """Makes a step's configuration a parameter of the pipeline, readable and changeable as JSON."""
    given = spec["root"]["dag"]["tasks"][step].get("inputs", {}).get("parameters", {})
    if not {_CONFIG, _CODE_DIGEST} <= given.keys() or "runtimeValue" not in given[_CONFIG]:
        return
    value = json.loads(given[_CONFIG]["runtimeValue"]["constant"])
    given[_CONFIG] = {"componentInputParameter": step}
    spec["components"][step]["inputDefinitions"]["parameters"][_CONFIG]["parameterType"] = "STRUCT"
    spec["root"].setdefault("inputDefinitions", {}).setdefault("parameters", {})[step] = {
        "parameterType": "STRUCT",
        "defaultValue": value,
        "isOptional": True,
        "description": f"Configuration of the step {step}.",
    }


def _runtime_defaults(spec: dict[str, Any], components: Sequence[Any]) -> None:
    """Writes down the defaults of TFX's runtime parameters, which its compiler drops."""
    for component in components:
        for value in component.exec_properties.values():
            if isinstance(value, RuntimeParameter) and value.default is not None:
                definition = spec["root"]["inputDefinitions"]["parameters"][value.name]
                definition.update(defaultValue=value.default, isOptional=True)


def _renamed(spec: dict[str, Any], steps: Mapping[str, str]) -> dict[str, Any]:
    """The spec with kfp's names, and with artifact types as kfp writes those that are not its own."""
    for step, task in steps.items():
        spec["components"][f"comp-{task}"] = component = spec["components"].pop(step)
        component["executorLabel"] = f"exec-{task}"
        executors = spec["deploymentSpec"]["executors"]
        executors[f"exec-{task}"] = executors.pop(f"{step}_executor")
        for definitions in ("inputDefinitions", "outputDefinitions"):
            for artifact in component.get(definitions, {}).get("artifacts", {}).values():
                artifact["artifactType"] = _artifact_type(artifact["artifactType"])
        # The entrypoint learns its inputs' types from here: what the server hands over has none.
        arguments = executors[f"exec-{task}"]["container"]["args"]
        place = arguments.index("--json_serialized_inputs_spec_args") + 1
        arguments[place] = json.dumps(component.get("inputDefinitions", {}), sort_keys=True)
    tasks = spec["root"]["dag"]["tasks"]
    for step, name in steps.items():
        tasks[name] = task_spec = tasks.pop(step)
        task_spec["componentRef"]["name"] = f"comp-{name}"
        task_spec["taskInfo"]["name"] = name
        if "dependentTasks" in task_spec:
            task_spec["dependentTasks"] = sorted(steps[other] for other in task_spec["dependentTasks"])
        inputs = task_spec.get("inputs", {})
        for source in inputs.get("artifacts", {}).values():
            output = source["taskOutputArtifact"]
            output["producerTask"] = steps[output["producerTask"]]
        for parameter in inputs.get("parameters", {}).values():
            if produced := parameter.get("taskOutputParameter"):
                # TFX appends "_task" to the name of a step whose value is read.
                produced["producerTask"] = steps[produced["producerTask"].removesuffix("_task")]
    return spec


def _artifact_type(kind: Mapping[str, Any]) -> dict[str, Any]:
    title = re.match(r"title: (\S+)", kind.get("instanceSchema", ""))
    if title is None:
        return dict(kind)
    return {"schemaTitle": title.group(1), "schemaVersion": "0.0.1"}
