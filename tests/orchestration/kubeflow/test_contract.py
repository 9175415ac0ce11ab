"""The contract with Kubeflow: a compiled pipeline, run as KFP would run it, does what a local run does.

The object store and the tracking server are real; driver and launcher are emulated (kfp_emulator.py says
after what). By default each step is a process with a file system view of its own; `make test-containers`
runs the same tests with each step in a container of the image.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.orchestration.kubeflow.kfp_emulator import KfpEmulator, ObjectStore, Pod, RunPod, TaskResult
from tests.orchestration.kubeflow.pods import REPOSITORY, chosen_pods
from tests.servers.mlflow import mlflow_server
from tests.servers.seaweedfs import S3Server, s3_server

pytestmark = pytest.mark.slow

CONFIG = REPOSITORY / "tests" / "data" / "graph-small.yaml"
STEPS = 8


@dataclass
class Kubeflow:
    """What stands for a cluster: a store, a tracking server, a cache, and documents compiled for it."""

    folder: Path
    s3: S3Server
    tracking_uri: str
    run_pod: RunPod
    image: str
    cache: dict[str, TaskResult] = field(default_factory=dict)

    def compile(self, pipeline: str, *arguments: str) -> list[dict[str, Any]]:
        """``noria compile`` for a target with these servers."""
        target = yaml.safe_load((REPOSITORY / "configs" / "targets" / "kind.yaml").read_text())
        target["image"] = self.image
        target["tracking"] = {"uri": self.tracking_uri}
        (self.folder / "target.yaml").write_text(yaml.safe_dump(target))
        output = self.folder / f"{pipeline}.yaml"
        noria("compile", pipeline, "--target", self.folder / "target.yaml", "-o", output, *arguments)
        return list(yaml.safe_load_all(output.read_text()))

    def emulator(self, documents: list[dict[str, Any]], run_pod: RunPod | None = None) -> KfpEmulator:
        """A new run of compiled documents."""
        return KfpEmulator(
            documents,
            ObjectStore(self.s3.client(), self.s3.bucket),
            self.folder / "pods",
            run_pod or self.run_pod,
            secrets={"noria-mlflow-client": {"username": "steps", "password": "not-asked-for"}},
            cache=self.cache,
        )

    def tracked(self, run_id: str) -> dict[str, Any]:
        """MLflow's runs of one pipeline run by step; ``(run)`` is the one above them."""
        from mlflow.tracking import MlflowClient

        client = MlflowClient(self.tracking_uri)
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        found = client.search_runs(experiments, f"tags.`noria.run_id` = '{run_id}'")
        assert len({run.data.tags["noria.step"] for run in found}) == len(found), "a step has two runs"
        return {run.data.tags["noria.step"]: run for run in found}

    def log(self, task: str, attempt: int = 1) -> str:
        """What a pod printed."""
        return (self.folder / "pods" / f"{task}-{attempt}" / "log").read_text()


def noria(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    # Other tests of this process may have set MLflow's own variables.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "NORIA"))}
    own = {"NORIA_PIPELINES": "toy.values:PIPELINE,toy.features:PIPELINE", "PYTHONPATH": "tests:."}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        cwd=REPOSITORY,
        env={**kept, **own, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def kubeflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubeflow]:
    folder = tmp_path_factory.mktemp("kubeflow")
    # Paths of containers' volumes; pytest's folders are closed to other users.
    for parent in [folder, *folder.parents][:3]:
        parent.chmod(0o755)
    run_pod, image = chosen_pods()
    for name in ("s3", "mlflow", "pods"):
        (folder / name).mkdir()
    with s3_server(folder / "s3") as s3, mlflow_server(folder / "mlflow") as uri:
        yield Kubeflow(folder, s3, uri, run_pod, image)


def test_values_and_parameters_of_every_kind(kubeflow: Kubeflow) -> None:
    """TFX's own function components: value artifacts, lists, mappings, integers, a runtime parameter."""
    emulator = kubeflow.emulator(kubeflow.compile("values"))
    results = emulator.run({"prefix": "total"})
    assert results["measure"].state == "SUCCEEDED", kubeflow.log("measure", results["measure"].attempts)
    assert results["judge"].state == "SUCCEEDED", kubeflow.log("judge", results["judge"].attempts)
    key = results["judge"].outputs["verdict"]["uri"].removeprefix(f"s3://{kubeflow.s3.bucket}/")
    verdict = kubeflow.s3.client().get_object(Bucket=kubeflow.s3.bucket, Key=f"{key}/verdict.json")
    assert json.loads(verdict["Body"].read()) == {"total": 7.5, "label": "total of 2"}
    assert kubeflow.tracked(emulator.run_id)["(run)"].data.params["rounds"] == "3"


def test_tfxs_stock_components(kubeflow: Kubeflow) -> None:
    """StatisticsGen, SchemaGen and ExampleValidator: properties and folders come and go with the launcher."""
    emulator = kubeflow.emulator(kubeflow.compile("features", "--set", "features.shift=2"))
    results = emulator.run()
    failed = {name: result for name, result in results.items() if result.state == "FAILED"}
    assert not failed, "\n".join(
        kubeflow.log(name, failed[name].attempts) for name in failed if name != "steps"
    )
    metrics = kubeflow.tracked(emulator.run_id)["(run)"].data.metrics
    assert (metrics["anomalies"], metrics["drifted_features"]) == (0, 1)


@pytest.fixture(scope="module")
def graph(kubeflow: Kubeflow) -> tuple[KfpEmulator, dict[str, TaskResult]]:
    """The graph pipeline, run once."""
    emulator = kubeflow.emulator(kubeflow.compile("graph", "--config", str(CONFIG)))
    results = emulator.run()
    failed = {name: result for name, result in results.items() if result.state == "FAILED"}
    assert not failed, "\n".join(
        kubeflow.log(name, failed[name].attempts) for name in failed if name != "steps"
    )
    return emulator, results


def test_every_step_succeeds(graph: tuple[KfpEmulator, dict[str, TaskResult]]) -> None:
    _, results = graph
    assert {result.state for result in results.values()} == {"SUCCEEDED"}
    # The steps, their group, and the finishing task.
    assert len(results) == STEPS + 2
    assert results["model-promotion"].attempts == 1


def test_same_metrics_as_a_local_run(
    graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow, tmp_path: Path
) -> None:
    local = json.loads(
        noria("run", "graph", "--config", CONFIG, "--json", NORIA_HOME=str(tmp_path / "home")).stdout
    )["metrics"]
    emulator, _ = graph
    remote = kubeflow.tracked(emulator.run_id)["(run)"].data.metrics
    # Times and numbers of instructions (where memory lies settles some) differ, all else to no bit.
    timed = {name for name in local if any(what in name for what in ("seconds", "latency", "instructions"))}
    assert {k: v for k, v in remote.items() if k not in timed} == {
        k: v for k, v in local.items() if k not in timed
    }
    assert len(local) > len(timed) + 20


def test_mlflow_knows_the_run(graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow) -> None:
    emulator, _ = graph
    runs = kubeflow.tracked(emulator.run_id)
    whole = runs["(run)"]
    assert whole.info.status == "FINISHED"
    assert whole.data.tags["noria.pipeline"] == "graph"
    assert whole.data.params["training.epochs"] == "4"
    assert len(whole.data.tags["noria.data_digest"]) == 64
    training = runs["gnn_training"]
    assert training.info.status == "FINISHED"
    assert training.data.tags["mlflow.parentRunId"] == whole.info.run_id


def test_second_run_is_cached(graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow) -> None:
    emulator, _ = graph
    again = kubeflow.emulator([emulator.spec, emulator.platform])
    results = again.run()
    assert results.pop("finish").state == "SUCCEEDED"
    assert results.pop("steps").state == "SUCCEEDED"
    assert {result.state for result in results.values()} == {"CACHED"}
    assert kubeflow.tracked(again.run_id)["(run)"].info.status == "FINISHED"


def test_parameter_given_at_the_start(
    graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow
) -> None:
    emulator, _ = graph
    default = emulator.spec["root"]["inputDefinitions"]["parameters"]["graph_validation"]["defaultValue"]
    changed = {**default, "limits": {**default["limits"], "min_nodes": 10**9}}
    results = kubeflow.emulator([emulator.spec, emulator.platform]).run({"graph_validation": changed})
    assert results["graph-ingest"].state == "CACHED"
    failed = results["graph-validation"]
    assert failed.state == "FAILED"
    assert "min_nodes" in failed.message
    assert failed.message.startswith("step graph_validation: ")
    assert results["gnn-training"].state == "SKIPPED"


def test_evicted_pod_is_tried_again(
    graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow
) -> None:
    """The first pod dies while its outputs are being uploaded; the next finds and leaves no half output."""
    emulator, _ = graph
    evicted: list[str] = []

    def run_pod(pod: Pod) -> int:
        if pod.root.name == "tflite-export-1":
            evicted.append(pod.root.name)
            made = json.loads(pod.command[pod.command.index("--json_serialized_invocation_args") + 1])
            uri = made["outputs"]["artifacts"]["tflite"]["artifacts"][0]["uri"]
            key = uri.removeprefix(f"s3://{kubeflow.s3.bucket}/")
            kubeflow.s3.client().put_object(
                Bucket=kubeflow.s3.bucket, Key=f"{key}/half-written.bin", Body=b"?"
            )
            return 137
        return kubeflow.run_pod(pod)

    default = emulator.spec["root"]["inputDefinitions"]["parameters"]["tflite_export"]["defaultValue"]
    results = kubeflow.emulator([emulator.spec, emulator.platform], run_pod).run(
        {"tflite_export": {**default, "latency_runs": 6}}
    )
    assert evicted == ["tflite-export-1"]
    assert results["tflite-export"].attempts == 2
    assert results["tflite-export"].state == "SUCCEEDED"
    assert results["model-promotion"].state == "SUCCEEDED"
    assert "left by another attempt; removed" in kubeflow.log("model-promotion")


def test_altered_artifact_is_refused(
    graph: tuple[KfpEmulator, dict[str, TaskResult]], kubeflow: Kubeflow
) -> None:
    emulator, first = graph
    uri = first["gnn-training"].outputs["model"]["uri"]
    key = uri.removeprefix(f"s3://{kubeflow.s3.bucket}/") + "/model.json"
    client = kubeflow.s3.client()
    sound = client.get_object(Bucket=kubeflow.s3.bucket, Key=key)["Body"].read()
    client.put_object(Bucket=kubeflow.s3.bucket, Key=key, Body=sound + b" ")
    default = emulator.spec["root"]["inputDefinitions"]["parameters"]["tflite_export"]["defaultValue"]
    try:
        results = kubeflow.emulator([emulator.spec, emulator.platform]).run(
            {"tflite_export": {**default, "latency_runs": 7}}
        )
    finally:
        client.put_object(Bucket=kubeflow.s3.bucket, Key=key, Body=sound)
    assert results["tflite-export"].state == "FAILED"
    assert "model.json was altered" in results["tflite-export"].message


@pytest.mark.parametrize("pipeline", ["board_game", "playlist", "spectral"])
def test_every_other_pipeline_runs_in_pods(kubeflow: Kubeflow, pipeline: str) -> None:
    config = REPOSITORY / "tests" / "data" / f"{pipeline.replace('_', '-')}-small.yaml"
    emulator = kubeflow.emulator(kubeflow.compile(pipeline, "--config", str(config)))
    results = emulator.run()
    failed = [name for name, result in results.items() if result.state == "FAILED" and name != "steps"]
    assert not failed, "\n".join(kubeflow.log(name, results[name].attempts) for name in failed)
    metrics = kubeflow.tracked(emulator.run_id)["(run)"].data.metrics
    assert metrics["tflite_agreement"] > 0.9
