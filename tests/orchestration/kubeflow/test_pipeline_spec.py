"""Compiling pipelines for Kubeflow and Vertex AI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from noria.errors import NoriaError
from noria.typed_config import load_config
from orchestration.beam_options import BEAM_VARIABLE
from orchestration.kubeflow.pipeline_spec import compile_pipeline
from orchestration.targets import KubeflowTarget, Mount, load_target, target_names
from pipelines.registry import all_pipelines, find_pipeline

ROOT = Path(__file__).parents[3]
TARGETS = [name for name in target_names() if name != "local"]


def compiled(pipeline: str = "graph", target: str = "kind", **changes: Any) -> list[Any]:
    loaded = find_pipeline(pipeline).load()
    config = load_config(loaded.config_type, loaded.entry.default_config)
    place = load_target(target).model_copy(update=changes)
    return list(yaml.safe_load_all(compile_pipeline(loaded, config, place, target).text))


@pytest.fixture(scope="module")
def documents() -> list[Any]:
    return compiled()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("pipeline", sorted(all_pipelines()))
def test_every_pipeline_compiles_for_every_target(pipeline: str, target: str) -> None:
    spec = compiled(pipeline, target)[0]
    assert spec["schemaVersion"] == "2.1.0"
    assert set(spec["root"]["dag"]["tasks"]) == {"steps", "finish"}


def test_kfp_loads_it(documents: list[Any]) -> None:
    from kfp.components import load_component_from_text

    loaded = load_component_from_text(yaml.safe_dump_all(documents))
    assert loaded.name == "graph"
    assert set(loaded.component_spec.inputs) == set(documents[0]["root"]["inputDefinitions"]["parameters"])
    assert "kubernetes" in loaded.platform_spec.platforms


def test_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Whatever the order in which a process's sets and dictionaries happen to come."""
    texts = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.yaml"
        command = [sys.executable, "-m", "cli.main", "compile", "graph", "-o", str(path)]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_configurations_are_parameters_with_defaults(documents: list[Any]) -> None:
    parameters = documents[0]["root"]["inputDefinitions"]["parameters"]
    training = parameters["gnn_training"]
    assert training["parameterType"] == "STRUCT"
    assert training["defaultValue"]["epochs"] >= 1
    task = documents[0]["components"]["comp-steps"]["dag"]["tasks"]["gnn-training"]
    assert task["inputs"]["parameters"]["config"] == {"componentInputParameter": "gnn_training"}
    # The key of Kubeflow's cache holds parameters, not code.
    assert len(task["inputs"]["parameters"]["code_digest"]["runtimeValue"]["constant"]) == 64


def test_resources_come_from_the_target() -> None:
    spec = compiled(target="cloud")[0]
    training = spec["deploymentSpec"]["executors"]["exec-gnn-training"]["container"]
    target = load_target("cloud")
    assert isinstance(target, KubeflowTarget)
    assert training["image"] == target.gpu_image
    assert training["resources"]["accelerator"] == {"resourceType": "nvidia.com/gpu", "resourceCount": "1"}
    assert training["resources"]["resourceMemoryLimit"] == target.resources.of("gnn_training").memory
    ingest = spec["deploymentSpec"]["executors"]["exec-graph-ingest"]["container"]
    assert ingest["image"] == target.image
    assert ingest["resources"]["resourceCpuLimit"] == target.resources.default.cpu


def test_vertex_gets_numbers_and_no_platform_document() -> None:
    documents = compiled(target="vertex")
    assert len(documents) == 1
    resources = documents[0]["deploymentSpec"]["executors"]["exec-gnn-training"]["container"]["resources"]
    assert resources == {
        "cpuLimit": 8.0,
        "memoryLimit": 30.0,
        "accelerator": {"type": "NVIDIA_L4", "count": "1"},
    }


def test_secrets_only_by_reference(documents: list[Any]) -> None:
    config = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-gnn-training"]
    (secret,) = config["secretAsEnv"]
    assert secret["secretName"] == "noria-mlflow-client"
    environments = [
        item["name"]
        for executor in documents[0]["deploymentSpec"]["executors"].values()
        for item in executor["container"]["env"]
    ]
    assert not [name for name in environments if "PASSWORD" in name or "SECRET" in name]


def test_retries_and_caching() -> None:
    target = load_target("kind")
    assert isinstance(target, KubeflowTarget)
    tasks = compiled()[0]["components"]["comp-steps"]["dag"]["tasks"]
    policy = tasks["gnn-training"]["retryPolicy"]
    assert policy["maxRetryCount"] == target.retries.count
    assert policy["backoffDuration"] == f"{target.retries.delay_seconds}s"
    assert all(task["cachingOptions"] == {"enableCache": True} for task in tasks.values())
    plain = compiled(retries=target.retries.model_copy(update={"count": 0}), caching=False)[0]
    for task in plain["components"]["comp-steps"]["dag"]["tasks"].values():
        assert "retryPolicy" not in task
        assert not task["cachingOptions"].get("enableCache")


def test_the_finishing_task_waits_for_all(documents: list[Any]) -> None:
    task = documents[0]["root"]["dag"]["tasks"]["finish"]
    assert task["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert task["dependentTasks"] == ["steps"]
    assert not task["cachingOptions"].get("enableCache")


def test_source_on_a_volume_of_the_cluster() -> None:
    """It is not looked for here; and because its content is not known, reading it is never cached."""
    loaded = find_pipeline("graph").load()
    config = load_config(
        loaded.config_type, loaded.entry.default_config, ["source.kind=tables", "source.path=/data/graph"]
    )
    target = load_target("kind")
    with pytest.raises(NoriaError, match="no such folder"):
        compile_pipeline(loaded, config, target, "kind")
    mounted = target.model_copy(update={"mounts": [Mount(claim="graphs", path="/data")]})
    compiled = compile_pipeline(loaded, config, mounted, "kind")
    tasks = compiled.documents[0]["components"]["comp-steps"]["dag"]["tasks"]
    assert not tasks["graph-ingest"]["cachingOptions"]["enableCache"]
    assert tasks["graph-validation"]["cachingOptions"]["enableCache"]
    executors = compiled.documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    (mount,) = executors["exec-graph-ingest"]["pvcMount"]
    assert (mount["constant"], mount["mountPath"]) == ("graphs", "/data")


def test_beam_options_are_in_the_environment_and_not_in_the_cache_key() -> None:
    target = load_target("kind")
    beam = target.beam.model_copy(update={"pipeline_args": ["--runner=DirectRunner"]})
    spec = compiled(beam=beam)[0]
    sampling = spec["deploymentSpec"]["executors"]["exec-graph-sampling"]["container"]
    assert {"name": BEAM_VARIABLE, "value": '["--runner=DirectRunner"]'} in sampling["env"]
    # Kubeflow's key holds command and arguments.
    assert not any("--runner" in argument for argument in sampling["args"])
    assert sampling["args"][1] == "components.graph_sampling.executor.Executor"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": ""}, "image"),
        ({"tracking": {}}, "tracking.uri"),
        ({"pipeline_root": "/mnt/artifacts"}, "pipeline_root"),
        ({"environment": {"DB_PASSWORD": "x"}}, "DB_PASSWORD"),
        ({"resources": {"default": {"memory": "2GB"}}}, "resources.default.memory"),
        ({"host": "localhost:8080"}, "host"),
        ({"imagee": "x"}, "did you mean image?"),
    ],
)
def test_unsound_targets_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    tree = yaml.safe_load((ROOT / "configs" / "targets" / "kind.yaml").read_text())
    path = tmp_path / "target.yaml"
    path.write_text(yaml.safe_dump({**tree, **change}))
    with pytest.raises(NoriaError, match=message):
        load_target(str(path))
