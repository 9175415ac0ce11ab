"""Properties that every rendered document has to have."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate
import pytest

from tests.infra.conftest import REMOTE, ROOT, Document, render
from tests.infra.objects import containers, name_of, ours, pod_templates, pods, selects

# The cluster's own version (infra/kind/cluster.yaml).
KUBERNETES = re.search(r"node:v(\d+\.\d+)", (ROOT / "infra/kind/cluster.yaml").read_text())[1]  # type: ignore[index]
CUSTOM = {"FlinkDeployment", "BackendConfig"}
# Made by infra/secrets.sh in both namespaces or in the one that uses them.
SECRETS = {
    ("kubeflow", "mysql-secret"),
    ("kubeflow", "noria-backup-bucket"),
    ("noria", "noria-backup-bucket"),
    ("noria", "noria-mlflow-bucket"),
    ("noria", "noria-mlflow-client"),
    ("noria", "noria-mlflow-server"),
    ("noria", "noria-object-store"),
    ("noria", "noria-object-store-setup"),
    ("noria", "noria-postgres"),
}
# infra/restore.sh makes it when it is needed; the reference is optional.
CONFIG_MAPS = {("kubeflow", "restore-request"), ("noria", "restore-request")}
# KFP's own deployments name theirs.
ACCOUNTS = {("noria", "default")}


def test_remote_bases_are_pinned_to_one_release() -> None:
    found = {}
    for path in (ROOT / "infra/kustomize").rglob("kustomization.yaml"):
        for line in path.read_text().splitlines():
            if "github.com" in line or "://" in line.split("#")[0]:
                match = REMOTE.search(line)
                if match:
                    found[match[1]] = match[2]
                else:
                    assert not line.lstrip("- ").startswith(("http", "github")), (path, line)
    assert found == {"cluster-scoped-resources": "2.17.0", "env/platform-agnostic": "2.17.0"}


def test_definitions_render(tree: Path) -> None:
    assert [d["kind"] for d in render(tree / "base/kubeflow/cluster-scoped")] == ["Namespace"]


def test_schemas_strictly(documents: list[Document]) -> None:
    for document in documents:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_a_wrong_field_would_be_seen(documents: list[Document]) -> None:
    deployment = next(d for d in documents if d["kind"] == "Deployment" and ours(d))
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_every_container_has_requests_and_limits(documents: list[Document]) -> None:
    for workload, template in pod_templates(documents):
        for container in containers(template) if ours(workload) else []:
            for side in ("requests", "limits"):
                stated = container.get("resources", {}).get(side, {})
                assert {"cpu", "memory"} <= set(stated), f"{name_of(workload)} {container['name']} {side}"


def test_every_container_is_hardened(documents: list[Document]) -> None:
    """The profile "restricted", and a root file system that cannot be written."""
    for workload, template in pod_templates(documents):
        if not ours(workload):
            continue
        pod = template["spec"]["securityContext"]
        assert pod["runAsNonRoot"] is True, name_of(workload)
        assert pod["runAsUser"] > 0, name_of(workload)
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name_of(workload)
        for container in containers(template):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, (name_of(workload), container["name"])
            assert context["capabilities"] == {"drop": ["ALL"]}, (name_of(workload), container["name"])
            assert context["readOnlyRootFilesystem"] is True, (name_of(workload), container["name"])


def test_no_pod_gets_a_token_that_it_does_not_need(documents: list[Document]) -> None:
    for workload, template in pod_templates(documents):
        if ours(workload):
            assert template["spec"]["automountServiceAccountToken"] is False, name_of(workload)


def test_images_are_pinned(documents: list[Document]) -> None:
    text = str(documents)
    images = re.findall(r"'image': '([^']+)'", text)
    assert images
    for image in images:
        assert re.search(r":[^:/]+$", image), image
        assert not image.endswith(":latest"), image


def test_no_secret_is_in_the_manifests(documents: list[Document]) -> None:
    assert [name_of(d) for d in documents if d["kind"] == "Secret"] == []
    for workload, template in pod_templates(documents):
        for container in containers(template):
            for variable in container.get("env", []):
                if re.search("PASSWORD|SECRET|TOKEN|ACCESS_KEY|_PWD", variable["name"]):
                    where = f"{name_of(workload)} {variable['name']}"
                    assert "secretKeyRef" in variable.get("valueFrom", {}), where
    for document in documents:
        for key, value in document["data"].items() if document["kind"] == "ConfigMap" else []:
            # A URL with a password in it, or a setting.
            assert not re.search(r"://[^/\s:@]*:[^/\s@]+@", value), key
            assert key.endswith(".py") or not re.search(r"(?m)^\s*\w*password\s*=\s*\S", value), key


def test_services_and_budgets_find_pods(documents: list[Document]) -> None:
    for document in documents:
        if document["kind"] == "Service":
            selector = {"matchLabels": document["spec"]["selector"]}
        elif document["kind"] == "PodDisruptionBudget":
            selector = document["spec"]["selector"]
        else:
            continue
        namespace = document["metadata"]["namespace"]
        found = [
            labels for where, labels in pods(documents) if where == namespace and selects(selector, labels)
        ]
        assert found, name_of(document)


def test_ports_of_services_exist(documents: list[Document]) -> None:
    for service in (d for d in documents if d["kind"] == "Service"):
        for workload, template in pod_templates(documents):
            labels = template["metadata"]["labels"]
            if not ours(workload) or not selects({"matchLabels": service["spec"]["selector"]}, labels):
                continue
            named = {p["name"] for c in containers(template) for p in c.get("ports", [])}
            for port in service["spec"]["ports"]:
                assert port["targetPort"] in named, (name_of(service), port)


def test_what_pods_refer_to_exists(documents: list[Document]) -> None:
    there = {(d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"]) for d in documents}
    for workload, template in pod_templates(documents):
        if not ours(workload):
            continue
        where, spec = workload["metadata"]["namespace"], template["spec"]
        account = spec.get("serviceAccountName", "default")
        assert ("ServiceAccount", where, account) in there or (where, account) in ACCOUNTS, name_of(workload)
        claims = {t["metadata"]["name"] for t in workload["spec"].get("volumeClaimTemplates", [])}
        volumes = {v["name"] for v in spec["volumes"]} | claims
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", where, volume["configMap"]["name"]) in there, (name_of(workload), volume)
            if "secret" in volume:
                assert (where, volume["secret"]["secretName"]) in SECRETS, (name_of(workload), volume)
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert ("PersistentVolumeClaim", where, claim) in there, (name_of(workload), volume)
        for container in containers(template):
            for mount in container.get("volumeMounts", []):
                assert mount["name"] in volumes, (name_of(workload), mount)
            for source in container.get("envFrom", []):
                reference = source["configMapRef"]
                known = (where, reference["name"]) in CONFIG_MAPS and reference.get("optional")
                assert known or ("ConfigMap", where, reference["name"]) in there, (name_of(workload), source)
            for variable in container.get("env", []):
                secret = variable.get("valueFrom", {}).get("secretKeyRef")
                assert not secret or (where, secret["name"]) in SECRETS, (name_of(workload), variable)


def test_roles_are_bound_to_accounts_that_exist(documents: list[Document]) -> None:
    there = {(d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"]) for d in documents}
    bindings = [d for d in documents if d["kind"] == "RoleBinding"]
    assert bindings
    for binding in bindings:
        where = binding["metadata"]["namespace"]
        assert ("Role", where, binding["roleRef"]["name"]) in there
        for subject in binding["subjects"]:
            assert ("ServiceAccount", subject.get("namespace", where), subject["name"]) in there


def test_no_role_has_wildcards(documents: list[Document]) -> None:
    for role in (d for d in documents if d["kind"] == "Role"):
        assert "*" not in str(role["rules"]), name_of(role)


def test_namespaces_enforce_the_restricted_profile(documents: list[Document]) -> None:
    labels = {d["metadata"]["name"]: d["metadata"]["labels"] for d in documents if d["kind"] == "Namespace"}
    assert labels["noria"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_database_of_kfp_has_a_password(documents: list[Document]) -> None:
    mysql = next(d for d in documents if name_of(d) == "Deployment/kubeflow/mysql")
    names = [v["name"] for v in mysql["spec"]["template"]["spec"]["containers"][0]["env"]]
    assert names == ["MYSQL_ROOT_PASSWORD"]


def test_nothing_is_left_to_replace(documents: list[Document]) -> None:
    assert "'replaced'" not in str(documents)
    assert ",replaced" not in str(documents)
