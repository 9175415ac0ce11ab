"""Names that manifests, targets, scripts and Terraform share."""

from __future__ import annotations

import re
from typing import Any

import yaml

from orchestration.targets import KubeflowTarget, load_target
from tests.infra.conftest import ROOT, Document
from tests.infra.objects import containers, pod_templates
from tests.kfp_backend.cluster_objects import AS_INSTALLED


def find(documents: list[Document], kind: str, namespace: str, name: str) -> Document:
    """The one document of that name."""
    found = [
        d
        for d in documents
        if d["kind"] == kind and d["metadata"].get("namespace") == namespace and d["metadata"]["name"] == name
    ]
    assert found, f"{kind} {namespace}/{name}"
    return found[0]


def cluster() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "infra/kind/cluster.yaml").read_text())
    return loaded


def kubeflow_target(name: str) -> KubeflowTarget:
    target = load_target(name)
    assert isinstance(target, KubeflowTarget)
    return target


def test_the_node_image_is_pinned_by_digest() -> None:
    assert re.fullmatch(r"kindest/node:v\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", cluster()["nodes"][0]["image"])


def test_ports_of_the_machine_lead_to_the_services(renders: dict[str, list[Document]]) -> None:
    target, mappings = kubeflow_target("kind"), cluster()["nodes"][0]["extraPortMappings"]
    assert {m["listenAddress"] for m in mappings} == {"127.0.0.1"}
    ports = {f"http://localhost:{m['hostPort']}": m["containerPort"] for m in mappings}
    ui = find(renders["kind"], "Service", "kubeflow", "ml-pipeline-ui-node-port")
    mlflow = find(renders["kind"], "Service", "noria", "mlflow-node-port")
    assert ports[target.host] == ui["spec"]["ports"][0]["nodePort"]
    assert ports[target.tracking.local_uri] == mlflow["spec"]["ports"][0]["nodePort"]


def test_mlflow_answers_to_the_names_that_targets_call_it_by(renders: dict[str, list[Document]]) -> None:
    for name in ("kind", "cloud"):
        target, settings = kubeflow_target(name), [
            d for d in renders[name] if d["metadata"]["name"].startswith("mlflow-settings")
        ]  # fmt: skip
        hosts = settings[0]["data"]["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
        for uri in (target.tracking.uri, target.tracking.local_uri):
            assert uri.split("://")[1] in hosts, (name, uri, hosts)
        assert target.tracking.uri == "http://mlflow.noria.svc.cluster.local:5000"


def test_steps_run_where_kfp_is() -> None:
    """Without KFP's multi-user mode a run's pods are in the namespace of its API server."""
    assert kubeflow_target("kind").namespace == "kubeflow"
    assert kubeflow_target("cloud").namespace == "kubeflow"


def test_secrets_of_targets_are_made(renders: dict[str, list[Document]]) -> None:
    script = (ROOT / "infra/secrets.sh").read_text()
    for name in ("kind", "cloud"):
        for secret in kubeflow_target(name).secrets:
            assert f" {secret.secret} " in script
            for key in secret.variables.values():
                assert f" {key} " in script
    assert renders


def test_accounts_and_claims_of_targets_exist(renders: dict[str, list[Document]]) -> None:
    for name in ("kind", "cloud"):
        target = kubeflow_target(name)
        if target.service_account:
            find(renders[name], "ServiceAccount", target.namespace, target.service_account)
        for mount in target.mounts:
            find(renders[name], "PersistentVolumeClaim", target.namespace, mount.claim)


def test_images_are_those_of_the_build(renders: dict[str, list[Document]]) -> None:
    assert kubeflow_target("kind").image == "noria:dev"
    build = (ROOT / "infra/image/build.sh").read_text()
    assert "$name:$tag-mlflow" in build
    mlflow = find(renders["kind"], "Deployment", "noria", "mlflow")
    assert mlflow["spec"]["template"]["spec"]["containers"][0]["image"] == "noria:dev-mlflow"


def test_the_cloud_uses_the_registry(renders: dict[str, list[Document]]) -> None:
    values = dict(
        line.split("=", 1)
        for line in (ROOT / "infra/kustomize/overlays/cloud/installation.env").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    images = {c["image"] for _, t in pod_templates(renders["cloud"]) for c in containers(t)}
    assert values["MLFLOW_IMAGE"] in images
    assert not [image for image in images if image.startswith("noria:")]
    flink = find(renders["cloud"], "FlinkDeployment", "noria", "noria-flink")
    workers = flink["spec"]["taskManager"]["podTemplate"]["spec"]["containers"]
    assert workers[1]["image"] == values["IMAGE"]


def test_beam_finds_its_job_server_and_workers(renders: dict[str, list[Document]]) -> None:
    arguments = dict(a[2:].split("=", 1) for a in kubeflow_target("cloud").beam.pipeline_args)
    server = find(renders["cloud"], "Service", "noria", "noria-beam-job-server")
    ports = [port["port"] for port in server["spec"]["ports"]]
    name = "noria-beam-job-server.noria.svc.cluster.local"
    assert arguments["job_endpoint"] == f"{name}:{ports[0]}"
    assert arguments["artifact_endpoint"] == f"{name}:{ports[1]}"
    flink = find(renders["cloud"], "FlinkDeployment", "noria", "noria-flink")
    worker = flink["spec"]["taskManager"]["podTemplate"]["spec"]["containers"][1]
    assert arguments["environment_config"] == f"localhost:{worker['ports'][0]['containerPort']}"
    mounts = {m["mountPath"] for m in worker["volumeMounts"]}
    assert arguments["temp_location"] in mounts & {m.path for m in kubeflow_target("cloud").mounts}


def test_flink_deployment_is_shaped_as_its_definition_says(renders: dict[str, list[Document]]) -> None:
    """The operator's schema is not packaged: this holds the fields used, as its 1.15 definition has them."""
    flink = find(renders["cloud"], "FlinkDeployment", "noria", "noria-flink")
    assert flink["apiVersion"] == "flink.apache.org/v1beta1"
    spec = flink["spec"]
    assert set(spec) <= {
        "image", "imagePullPolicy", "flinkVersion", "serviceAccount", "flinkConfiguration", "podTemplate",
        "jobManager", "taskManager",
    }  # fmt: skip
    assert re.fullmatch(r"v\d+_\d+", spec["flinkVersion"])
    assert spec["image"].startswith(f"flink:{spec['flinkVersion'][1:].replace('_', '.')}.")
    assert all(isinstance(value, str) for value in spec["flinkConfiguration"].values())
    for manager in ("jobManager", "taskManager"):
        assert set(spec[manager]) <= {"replicas", "resource", "podTemplate"}
        assert isinstance(spec[manager]["resource"]["memory"], str)
        assert isinstance(spec[manager]["resource"]["cpu"], int | float)


def test_retries_of_steps_are_what_ran_on_kfps_own_programs(renders: dict[str, list[Document]]) -> None:
    wanted = yaml.safe_load(AS_INSTALLED)["spec"]["templateDefaults"]
    for name in ("kind", "cloud"):
        settings = find(renders[name], "ConfigMap", "kubeflow", "workflow-controller-configmap")
        assert yaml.safe_load(settings["data"]["workflowDefaults"])["spec"]["templateDefaults"] == wanted
