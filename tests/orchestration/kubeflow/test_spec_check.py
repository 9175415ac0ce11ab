"""The strict check of compiled documents finds what the protos alone let pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from noria.errors import NoriaError
from noria.typed_config import load_config
from orchestration.kubeflow.pipeline_spec import compile_pipeline
from orchestration.kubeflow.spec_check import check_documents
from orchestration.targets import load_target
from pipelines.registry import find_pipeline


@pytest.fixture(scope="module")
def sound() -> list[Any]:
    loaded = find_pipeline("graph").load()
    config = load_config(loaded.config_type, loaded.entry.default_config)
    return list(yaml.safe_load_all(compile_pipeline(loaded, config, load_target("kind"), "kind").text))


def tasks(documents: list[Any]) -> Any:
    return documents[0]["components"]["comp-steps"]["dag"]["tasks"]


def executor(documents: list[Any], name: str) -> Any:
    return documents[0]["deploymentSpec"]["executors"][f"exec-{name}"]


BREAKS: dict[str, tuple[Callable[[list[Any]], Any], str]] = {
    "unknown field": (lambda d: d[0].update(pipelineInf={}), "pipelineInf"),
    "unknown field in a container": (
        lambda d: executor(d, "finish")["container"].update(imag="x"),
        'deploymentSpec: .*no field named "imag"',
    ),
    "wrong type": (
        lambda d: tasks(d)["gnn-training"]["cachingOptions"].update(enableCache="x"),
        "enableCache",
    ),
    "schema version": (lambda d: d[0].update(schemaVersion="2.0.0"), "expected 2.1.0, got '2.0.0'"),
    "pipeline name": (lambda d: d[0]["pipelineInfo"].update(name="My Graph"), "pipelineInfo.name 'My Graph'"),
    "no image": (
        lambda d: executor(d, "gnn-training")["container"].pop("image"),
        "exec-gnn-training: no image",
    ),
    "no command": (
        lambda d: executor(d, "finish")["container"].update(command=[]),
        "exec-finish: no command",
    ),
    "component that is not there": (
        lambda d: tasks(d)["gnn-training"]["componentRef"].update(name="comp-x"),
        "task gnn-training: there is no component",
    ),
    "executor that is not there": (
        lambda d: d[0]["components"]["comp-finish"].update(executorLabel="exec-x"),
        "comp-finish: there is no executor 'exec-x'",
    ),
    "dependency that is no task": (
        lambda d: tasks(d)["gnn-training"]["dependentTasks"].append("gone"),
        "task gnn-training: depends on gone",
    ),
    "circle": (
        lambda d: tasks(d)["graph-ingest"].update(dependentTasks=["gnn-training"]),
        "comp-steps: tasks wait for each other: ",
    ),
    "producer that is no task": (
        lambda d: tasks(d)["gnn-training"]["inputs"]["artifacts"]["graph"]["taskOutputArtifact"].update(
            producerTask="gone"
        ),
        "artifact 'graph' is made by 'gone', which is no task",
    ),
    "output that is not made": (
        lambda d: tasks(d)["gnn-training"]["inputs"]["artifacts"]["graph"]["taskOutputArtifact"].update(
            outputArtifactKey="table"
        ),
        "graph-ingest has no output 'table'",
    ),
    "artifact of another type": (
        lambda d: d[0]["components"]["comp-graph-ingest"]["outputDefinitions"]["artifacts"]["graph"][
            "artifactType"
        ].update(schemaTitle="components.Other"),
        "artifact 'graph' is .*components.Other.*, expected .*components.GraphTables",
    ),
    "data without waiting for it": (
        lambda d: tasks(d)["graph-validation"].update(dependentTasks=[]),
        "task graph-validation: uses an artifact of graph-ingest without depending on it",
    ),
    "parameter that nobody gives": (
        lambda d: tasks(d)["gnn-training"]["inputs"]["parameters"].update(
            config={"componentInputParameter": "training"}
        ),
        "parameter 'config' comes from 'training', which nobody gives",
    ),
    "parameter of another type": (
        lambda d: d[0]["components"]["comp-gnn-training"]["inputDefinitions"]["parameters"]["config"].update(
            parameterType="STRING"
        ),
        "parameter 'config' is STRING, but 'gnn_training' is STRUCT",
    ),
    "missing parameter": (
        lambda d: tasks(d)["gnn-training"]["inputs"]["parameters"].pop("code_digest"),
        "task gnn-training: lacks parameter 'code_digest'",
    ),
    "superfluous parameter": (
        lambda d: tasks(d)["gnn-training"]["inputs"]["parameters"].update(
            x={"runtimeValue": {"constant": 1.0}}
        ),
        "task gnn-training: gives parameter 'x'",
    ),
    "platform of an executor that is not there": (
        lambda d: d[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"].update({"exec-x": {}}),
        "platform spec: there is no executor 'exec-x'",
    ),
    "unknown field in the platform": (
        lambda d: d[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-finish"].update(
            secretAsEnvironment=[]
        ),
        "platform spec, exec-finish: .*secretAsEnvironment",
    ),
}


def test_sound_documents_pass(sound: list[Any]) -> None:
    check_documents(sound)


@pytest.mark.parametrize("name", BREAKS)
def test_finds(sound: list[Any], name: str) -> None:
    breaks, message = BREAKS[name]
    documents = copy.deepcopy(sound)
    breaks(documents)
    with pytest.raises(NoriaError, match=message):
        check_documents(documents)
