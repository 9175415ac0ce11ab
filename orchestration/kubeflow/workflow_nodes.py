"""What the cluster's own record of a run tells beyond the API: attempts, pods, messages, the cache.

The API's task details of release 2.17 carry neither a pod's name nor an error, and do not tell whether a
step came from the cache. The Argo workflow behind a run does; the server hands it out with the first
version of its API. Below the node of a step lies its executor, and that is, where a step may be retried,
a node with an attempt per child.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One pod of a step.

    Attributes:
        pod: Its name.
        phase: Argo's word: Pending, Running, Succeeded, Failed, Error.
        message: Why it failed, or what it waits for; empty where nothing is known.
    """

    pod: str
    phase: str
    message: str


class WorkflowNodes:
    """The nodes of one run's Argo workflow."""

    def __init__(self, manifest: str) -> None:
        workflow: dict[str, Any] = json.loads(manifest)
        metadata, status = workflow.get("metadata", {}), workflow.get("status", {})
        self._name: str = metadata.get("name", "")
        old = (metadata.get("annotations") or {}).get("workflows.argoproj.io/pod-name-format") == "v1"
        self._pods_by_node_id = old
        self._nodes: list[dict[str, Any]] = list((status.get("nodes") or {}).values())
        self.message: str = status.get("message", "")

    def attempts(self, task: str) -> list[Attempt]:
        """The pods of a step, oldest first; empty where none was started."""
        below = f"{self._path(task)}.executor"
        pods = [node for node in self._pods() if re.fullmatch(re.escape(below) + r"(\(\d+\))?", node["name"])]
        return [self._attempt(node) for node in sorted(pods, key=_number)]

    def cached(self, task: str) -> bool:
        """Whether the step's executor was left out because an earlier result stands for it."""
        below = f"{self._path(task)}.executor"
        return any(node["name"] == below and node.get("phase") == "Skipped" for node in self._nodes)

    def why_failed(self, task: str) -> str:
        """What went wrong with a step: its last attempt, or what was to prepare it."""
        attempts = [attempt for attempt in self.attempts(task) if attempt.message]
        if attempts:
            return attempts[-1].message
        driver = [node for node in self._pods() if node.get("displayName") == f"{task}-driver"]
        said = [f"before it began: {node['message']}" for node in driver if node.get("message")]
        return said[-1] if said else ""

    def other_failures(self, tasks: Mapping[str, str]) -> str:
        """Messages of failed pods that belong to none of the steps (step -> task)."""
        own = {pod for task in tasks.values() for pod in (attempt.pod for attempt in self.attempts(task))}
        drivers = {f"{task}-driver" for task in tasks.values()}
        return "; ".join(
            f"{node.get('displayName')}: {node['message']}"
            for node in self._pods()
            if node.get("phase") in ("Failed", "Error")
            and node.get("message")
            and node.get("displayName") not in drivers
            and self._pod(node) not in own
        )

    def _pods(self) -> list[dict[str, Any]]:
        return [node for node in self._nodes if node.get("type") == "Pod"]

    def _path(self, task: str) -> str:
        """The full name of a step's own node; a name that no node has where there is none."""
        found = [n["name"] for n in self._nodes if n.get("displayName") == task and n.get("type") == "DAG"]
        return str(found[0]) if found else "\0"

    def _attempt(self, node: dict[str, Any]) -> Attempt:
        return Attempt(self._pod(node), node.get("phase", ""), node.get("message", ""))

    def _pod(self, node: dict[str, Any]) -> str:
        # As Argo names pods since 3.4: workflow, template, the hash that ends the node's id.
        if self._pods_by_node_id:
            return str(node["id"])
        return f"{self._name}-{node.get('templateName', '')}-{node['id'].rpartition('-')[2]}"


def _number(node: dict[str, Any]) -> int:
    found = re.search(r"\((\d+)\)$", node["name"])
    return int(found[1]) if found else 0
