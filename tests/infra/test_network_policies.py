"""Who may talk to whom, worked out from the rendered policies as Kubernetes does (they add up)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.objects import Document, name_of, pods, selects

Pod = tuple[str, dict[str, str]]
STEP: Pod = ("kubeflow", {"pipelines.kubeflow.org/v2_component": "true"})
STRANGER: Pod = ("default", {"app": "anything"})


def noria(name: str) -> Pod:
    return "noria", {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "noria"}


def kfp(app: str) -> Pod:
    return "kubeflow", {"app": app, "application-crd-id": "kubeflow-pipelines"}


def backup(name: str) -> Pod:
    return "kubeflow", {"app.kubernetes.io/name": name}


def policies(documents: list[Document], pod: Pod, side: str) -> list[Document]:
    """Those that hold for a pod's ingress or egress."""
    return [
        d
        for d in documents
        if d["kind"] == "NetworkPolicy"
        and d["metadata"]["namespace"] == pod[0]
        and side in d["spec"]["policyTypes"]
        and selects(d["spec"]["podSelector"], pod[1])
    ]


def rule_takes(rule: dict[str, Any], peers: str, home: str, peer: Pod, port: int) -> bool:
    """Whether one rule lets a peer through to a port."""
    if "ports" in rule and port not in {p["port"] for p in rule["ports"]}:
        return False
    if peers not in rule:
        return True
    for one in rule[peers]:
        if "ipBlock" in one:
            continue
        spaces = one.get("namespaceSelector")
        fits = selects(spaces, {"kubernetes.io/metadata.name": peer[0]}) if spaces else peer[0] == home
        if fits and selects(one.get("podSelector", {}), peer[1]):
            return True
    return False


def allowed(documents: list[Document], source: Pod, target: Pod, port: int) -> bool:
    """Whether a connection is let out at its source and in at its target."""
    for pod, side, peers, peer in ((source, "Egress", "to", target), (target, "Ingress", "from", source)):
        held = policies(documents, pod, side)
        rules = [rule for policy in held for rule in policy["spec"].get(side.lower(), [])]
        if held and not any(rule_takes(rule, peers, pod[0], peer, port) for rule in rules):
            return False
    return True


def test_each_policy_selects_a_pod(documents: list[Document]) -> None:
    for policy in (d for d in documents if d["kind"] == "NetworkPolicy"):
        where, selector = policy["metadata"]["namespace"], policy["spec"]["podSelector"]
        there = [labels for namespace, labels in pods(documents) if namespace == where]
        assert any(selects(selector, labels) for labels in there), name_of(policy)


def test_each_named_peer_exists(documents: list[Document]) -> None:
    """A rule for a pod that nobody makes is a typing error."""
    for policy in (d for d in documents if d["kind"] == "NetworkPolicy"):
        for side, peers in (("ingress", "from"), ("egress", "to")):
            for peer in [p for rule in policy["spec"].get(side, []) for p in rule.get(peers, [])]:
                for expression in peer.get("podSelector", {}).get("matchExpressions", []):
                    if expression["operator"] != "In" or expression["key"] != "app.kubernetes.io/name":
                        continue
                    names = {labels.get(expression["key"]) for _, labels in pods(documents)}
                    # SeaweedFS and Postgres are not in the cloud overlay; their policies are not either.
                    assert set(expression["values"]) <= names, name_of(policy)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (STEP, noria("mlflow"), 5000),
        (noria("mlflow-users"), noria("mlflow"), 5000),
        (noria("mlflow"), noria("postgres"), 5432),
        (noria("mlflow"), noria("seaweedfs"), 8333),
        (noria("postgres-backup"), noria("postgres"), 5432),
        (noria("postgres-backup"), noria("seaweedfs"), 8333),
        (noria("postgres-restore"), noria("postgres"), 5432),
        (noria("object-store-buckets"), noria("seaweedfs"), 8333),
        (backup("mysql-backup"), kfp("mysql"), 3306),
        (backup("mysql-backup"), noria("seaweedfs"), 8333),
        (kfp("ml-pipeline"), kfp("mysql"), 3306),
        (STEP, kfp("ml-pipeline"), 8887),
        (STEP, kfp("metadata-grpc-server"), 8080),
        (kfp("ml-pipeline-ui"), kfp("ml-pipeline"), 8888),
    ],
)
def test_what_has_to_talk_may(
    renders: dict[str, list[Document]], source: Pod, target: Pod, port: int
) -> None:
    assert allowed(renders["kind"], source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        (STEP, noria("postgres"), 5432),
        (STEP, noria("seaweedfs"), 8333),
        (STEP, kfp("mysql"), 3306),
        (STEP, STEP, 8080),
        (STRANGER, STEP, 8080),
        (STRANGER, noria("postgres"), 5432),
        (STRANGER, noria("seaweedfs"), 8333),
        (STRANGER, kfp("mysql"), 3306),
        (STRANGER, kfp("ml-pipeline"), 8888),
        (noria("mlflow"), kfp("mysql"), 3306),
        (noria("mlflow"), kfp("ml-pipeline"), 8888),
        (noria("mlflow-users"), noria("postgres"), 5432),
        (noria("postgres"), noria("mlflow"), 5000),
    ],
)
def test_what_need_not_talk_may_not(
    renders: dict[str, list[Document]], source: Pod, target: Pod, port: int
) -> None:
    assert not allowed(renders["kind"], source, target, port)


@pytest.mark.parametrize(
    ("source", "target", "port", "may"),
    [
        (STEP, noria("mlflow"), 5000, True),
        (STRANGER, noria("mlflow"), 5000, False),
        (STRANGER, kfp("ml-pipeline-ui"), 3000, False),
        (STEP, noria("beam-job-server"), 8099, True),
        (noria("beam-job-server"), ("noria", {"app": "noria-flink"}), 8081, True),
        (STEP, ("noria", {"app": "noria-flink"}), 8081, False),
        (STRANGER, noria("beam-job-server"), 8099, False),
    ],
)
def test_the_cloud(
    renders: dict[str, list[Document]], source: Pod, target: Pod, port: int, may: bool
) -> None:
    assert allowed(renders["cloud"], source, target, port) is may
