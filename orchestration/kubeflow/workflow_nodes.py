"""What the cluster's own record of a run tells beyond the API: attempts, pods, messages, the cache.

The API's task details of release 2.17 carry neither a pod's name nor an error, and do not tell whether a
step came from the cache. The Argo workflow behind a run does; the server hands it out with the first
version of its API. Whatever may be tried again is a node with a child per attempt, so the pod of a step's
second attempt is called ``...STEP(0).executor(1)``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One pod of a step.

    Attributes:
        pod: Its name.
        phase: Argo's word: Pending, Running, Succeeded, Failed, Error.
        message: Why it failed, or what it waits for; empty where nothing is known.
        begun: When it began; None while it waits. So with ``ended``.
    """

    pod: str
    phase: str
    message: str
    begun: datetime | None
    ended: datetime | None


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

    @property
    def waiting(self) -> bool:
        """Whether a pod has not begun."""
        return any(node.get("phase") == "Pending" for node in self._pods())

    def attempts(self, task: str) -> list[Attempt]:
        """The pods of a step, oldest first; empty where none was started."""
        executor = _below(task, r"\.executor(\((\d+)\))?$")
        found = [(match, node) for node in self._pods() if (match := executor.search(node["name"]))]
        return [
            self._attempt(node)
            for _, node in sorted(found, key=lambda pair: (int(pair[0][3] or 0), int(pair[0][5] or 0)))
        ]

    def cached(self, task: str) -> bool:
        """Whether the step's executor was left out because an earlier result stands for it."""
        executor = _below(task, r"\.executor$")
        return any(executor.search(n["name"]) and n.get("phase") == "Skipped" for n in self._nodes)

    def why_failed(self, task: str) -> str:
        """What went wrong with a step: its last attempt, or what was to prepare it."""
        attempts = [attempt for attempt in self.attempts(task) if attempt.message]
        if attempts:
            return attempts[-1].message
        name = _below(f"{task}-driver", "$")
        driver = [node for node in self._pods() if name.search(node["name"])]
        said = [f"before it began: {node['message']}" for node in driver if node.get("message")]
        return said[-1] if said else ""

    def other_failures(self) -> str:
        """Messages of all failed pods, whatever they are for."""
        return "; ".join(
            f"{node.get('displayName')}: {node['message']}"
            for node in self._pods()
            if node.get("phase") in ("Failed", "Error") and node.get("message")
        )

    def _pods(self) -> list[dict[str, Any]]:
        return [node for node in self._nodes if node.get("type") == "Pod"]

    def _attempt(self, node: dict[str, Any]) -> Attempt:
        return Attempt(
            self._pod(node),
            node.get("phase", ""),
            node.get("message", ""),
            _time(node.get("startedAt")),
            _time(node.get("finishedAt")),
        )

    def _pod(self, node: dict[str, Any]) -> str:
        # As Argo names pods since 3.4: workflow, template, the hash that ends the node's id.
        if self._pods_by_node_id:
            return str(node["id"])
        return f"{self._name}-{node.get('templateName', '')}-{node['id'].rpartition('-')[2]}"


def _below(task: str, end: str) -> re.Pattern[str]:
    """Names of nodes: the task, perhaps with the number of its attempt, and what follows."""
    return re.compile(rf"(^|\.){re.escape(task)}(\((\d+)\))?{end}")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
