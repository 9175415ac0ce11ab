"""The Terraform module, as far as it can be checked without the provider.

Parsed, every reference resolved, names compared with the manifests and the targets. Whether the arguments of
resources are those that the provider has is not checked (docs/infra.md).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from orchestration.targets import KubeflowTarget, VertexTarget
from tests.infra.conftest import ROOT, Document

MODULE = ROOT / "infra/terraform"
TEXT = {path.name: path.read_text() for path in sorted(MODULE.glob("*.tf"))}
ALL = "\n".join(TEXT.values())


def unquoted(value: Any) -> Any:
    """hcl2 keeps quotation marks of names."""
    return value.strip('"') if isinstance(value, str) else value


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[dict[str, Any]]]:
    """Block type -> blocks, over all files."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in TEXT:
        with Path(MODULE / name).open() as file:
            for kind, some in hcl2.load(file).items():
                found.setdefault(kind, []).extend(some)
    return found


def names(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        unquoted(name): body for block in blocks for name, body in block.items() if name != "__comments__"
    }


def test_every_variable_is_described_typed_and_used(blocks: dict[str, list[dict[str, Any]]]) -> None:
    variables = names(blocks["variable"])
    assert len(variables) > 8
    for name, body in variables.items():
        assert {"description", "type"} <= set(body), name
        assert re.search(rf"var\.{name}\b", ALL.replace(TEXT["variables.tf"], "")), f"{name} is not used"
        if "bool" not in str(body["type"]):
            assert "validation" in body, name


def test_every_reference_is_declared(blocks: dict[str, list[dict[str, Any]]]) -> None:
    variables = set(names(blocks["variable"]))
    assert set(re.findall(r"\bvar\.(\w+)", ALL)) <= variables
    locals_ = {unquoted(name) for block in blocks["locals"] for name in block}
    assert set(re.findall(r"\blocal\.(\w+)", ALL)) <= locals_
    resources = {
        f"{unquoted(kind)}.{unquoted(name)}"
        for block in blocks["resource"]
        for kind, some in block.items()
        for name in some
    }
    referred = set(re.findall(r"(?<![\w\"/])(google_\w+\.\w+)", ALL))
    assert referred
    assert referred <= resources, referred - resources


def test_keys_of_for_each_exist() -> None:
    accounts = set(re.findall(r'accounts\["(\w+)"\]', ALL)) | set(re.findall(r'account = "(\w+)"', ALL))
    declared = re.search(r"accounts = \{(.*?)\n  \}", TEXT["accounts.tf"], re.S)
    assert declared
    assert accounts == set(re.findall(r"(?m)^    (\w+) +=", declared[1]))
    buckets = set(re.findall(r'buckets\["(\w+)"\]', ALL)) | set(re.findall(r'bucket = "(\w+)"', ALL))
    assert buckets == {"artifacts", "backups"}


def test_versions_are_pinned() -> None:
    assert re.search(r'version = "\d+\.\d+\.\d+"', TEXT["versions.tf"])
    assert "required_version" in TEXT["versions.tf"]


def test_no_role_is_wide() -> None:
    roles = set(re.findall(r'"(roles/[\w.]+)"', ALL))
    assert roles
    assert not [role for role in roles if re.search(r"(?i)roles/(owner|editor|viewer)$|admin", role)]
    for members in re.findall(r"member\s*=\s*(.*)", ALL):
        assert "allUsers" not in members
        assert "allAuthenticatedUsers" not in members
    assert "google_service_account_key" not in ALL


def test_it_fills_the_overlays_installation() -> None:
    """The output has the keys of the file that it replaces, in the same order."""
    output = re.search(r'output "installation_env".*?<<-TEXT\n(.*?)\n\s*TEXT', TEXT["outputs.tf"], re.S)
    assert output
    file = (ROOT / "infra/kustomize/overlays/cloud/installation.env").read_text()
    assert re.findall(r"(?m)^\s*([A-Z_]+)=", output[1]) == re.findall(r"(?m)^([A-Z_]+)=", file)


def test_accounts_of_pods_are_those_of_the_overlay(renders: dict[str, list[Document]]) -> None:
    declared = re.search(r"workloads = \{(.*?)\n  \}", TEXT["accounts.tf"], re.S)
    assert declared
    annotation = "iam.gke.io/gcp-service-account"
    workloads = dict(re.findall(r'"([\w-]+/[\w-]+)"\s*= "(\w+)"', declared[1]))
    annotated = {
        f"{d['metadata']['namespace']}/{d['metadata']['name']}": d["metadata"]["annotations"][annotation]
        for d in renders["cloud"]
        if d["kind"] == "ServiceAccount" and annotation in d["metadata"].get("annotations", {})
    }
    assert annotated.keys() == workloads.keys()
    for name, account in workloads.items():
        assert annotated[name].startswith(f"noria-{account}@"), name


def test_addresses_and_certificates_have_the_ingresses_names(renders: dict[str, list[Document]]) -> None:
    for ingress in (d for d in renders["cloud"] if d["kind"] == "Ingress"):
        annotations = ingress["metadata"]["annotations"]
        address = annotations["kubernetes.io/ingress.global-static-ip-name"]
        certificate = annotations["ingress.gcp.kubernetes.io/pre-shared-cert"]
        for kind, name in (("global_address", address), ("managed_ssl_certificate", certificate)):
            assert re.search(rf'"google_compute_{kind}" "\w+" \{{\s+name = "{name}"', TEXT["network.tf"]), (
                name
            )


@pytest.mark.parametrize(
    ("output", "model"), [("cloud_target", KubeflowTarget), ("vertex_target", VertexTarget)]
)
def test_outputs_for_targets_name_fields_of_targets(output: str, model: type[Any]) -> None:
    body = re.search(rf'output "{output}".*?yamlencode\(\{{\n(.*?)\n  \}}\)', TEXT["outputs.tf"], re.S)
    assert body
    keys = re.findall(r"(?m)^    (\w+)\s*=", body[1])
    assert {"image", "pipeline_root", "tracking"} <= set(keys)
    assert set(keys) <= set(model.model_fields)
