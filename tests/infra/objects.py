"""What tests ask of rendered documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

# Pods that other things than these manifests make: a run's (Argo), Flink's (its operator).
MADE_ELSEWHERE = [
    ("kubeflow", {"pipelines.kubeflow.org/v2_component": "true"}),
    ("noria", {"app": "noria-flink"}),
]


def name_of(document: Document) -> str:
    """For messages: kind/namespace/name."""
    metadata = document["metadata"]
    return f"{document['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"


def ours(document: Document) -> bool:
    """Whether it is Noria's, not the stub's of KFP."""
    return document["metadata"].get("labels", {}).get("kfp") != "stub"


def pod_templates(documents: list[Document]) -> Iterator[tuple[Document, Document]]:
    """Each workload with the template of its pods."""
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield document, spec["template"]
        elif document["kind"] == "CronJob":
            yield document, spec["jobTemplate"]["spec"]["template"]


def containers(template: Document) -> list[Document]:
    """All containers of a pod."""
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def selects(selector: Document, labels: Document) -> bool:
    """Whether a label selector takes an object with these labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        value, values = labels.get(expression["key"]), expression.get("values", [])
        taken = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not taken[expression["operator"]]:
            return False
    return True


def pods(documents: list[Document]) -> list[tuple[str, Document]]:
    """Namespace and labels of every pod there will be."""
    made = [
        (workload["metadata"]["namespace"], template["metadata"]["labels"])
        for workload, template in pod_templates(documents)
    ]
    return made + MADE_ELSEWHERE
