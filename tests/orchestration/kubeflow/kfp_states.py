"""What becomes of a run on the stand-in server: task details and the workflow behind them.

Nodes and names are laid out as a real API server 2.17 with a real Argo controller was seen to lay them out:
everything may be tried again on errors of the cluster, so every node has a child per attempt, and a step is
``WF(0).root(0).steps(0).TASK(0)``, a DAG of one ``.executor``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import kfp_server_api as kfp

from tests.orchestration.kubeflow.kfp_api import KfpApi

BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
NEVER = datetime.fromtimestamp(0, UTC)
# Go's zero time, which the server writes for nodes that have not ended.
ZERO = datetime(1, 1, 1, tzinfo=UTC)
_TEMPLATE = "retry-system-container"


@dataclass(frozen=True)
class Task:
    """One task: API state, whether from the cache, and (phase, message) of each attempt."""

    state: str
    cached: bool = False
    attempts: Sequence[tuple[str, str]] = ()
    seconds: int = 12


def becomes(
    server: KfpApi,
    state: str,
    tasks: dict[str, Task],
    history: Sequence[str] = (),
    message: str = "",
) -> Callable[[Any], None]:
    """A change of a run for ``KfpApi.script``."""

    def change(run: Any) -> None:
        over = state in ("SUCCEEDED", "FAILED", "CANCELED")
        run.state = state
        run.finished_at = BEGUN + timedelta(minutes=5) if over else NEVER
        run.state_history = [kfp.V2beta1RuntimeStatus(state=s) for s in (*history, state)]
        details = [_detail(run.run_id, "root", Task("RUNNING"))]
        for name, task in tasks.items():
            details += [_detail(run.run_id, f"{name}-driver{n}", Task("SUCCEEDED")) for n in ("", "(0)")]
            details += [_detail(run.run_id, f"{name}{n}", task) for n in ("", "(0)")]
            details.append(_detail(run.run_id, "executor", Task("SKIPPED" if task.cached else task.state)))
            for number, (phase, _) in enumerate(task.attempts):
                details.append(_detail(run.run_id, f"executor({number})", Task(phase.upper())))
            # Entries of the cache, which have neither a name nor a state.
            details.append(kfp.V2beta1PipelineTaskDetail(run_id=run.run_id, execution_id="3"))
        run.run_details = kfp.V2beta1RunDetails(task_details=details)
        server.workflows[run.run_id] = workflow(tasks, message)

    return change


def workflow(tasks: dict[str, Task], message: str = "", name: str = "toy-x7k2p") -> dict[str, Any]:
    """The Argo workflow, as far as it is looked at."""
    nodes = [_node(name, name, "Retry", "entrypoint", "Running")]
    for task, what in tasks.items():
        path, phase = _path(name, task), what.state.title()
        nodes.append(_node(name, f"{path}-driver", "Retry", "system-container-driver", "Succeeded"))
        nodes.append(_node(name, f"{path}-driver(0)", "Pod", "system-container-driver", "Succeeded"))
        nodes.append(_node(name, path, "Retry", f"{_TEMPLATE}-executor", phase))
        nodes.append(_node(name, f"{path}(0)", "DAG", f"{_TEMPLATE}-executor", phase))
        if what.cached:
            nodes.append(_node(name, f"{path}(0).executor", "Skipped", f"{_TEMPLATE}-impl", "Skipped"))
            continue
        nodes.append(_node(name, f"{path}(0).executor", "Retry", f"{_TEMPLATE}-impl", phase))
        for number, (how, why) in enumerate(what.attempts):
            attempt = _node(name, f"{path}(0).executor({number})", "Pod", f"{_TEMPLATE}-impl", how)
            nodes.append({**attempt, "message": why})
    return {
        "metadata": {"name": name, "annotations": {"workflows.argoproj.io/pod-name-format": "v2"}},
        "status": {"nodes": {node["id"]: node for node in nodes}, "message": message},
    }


def pod(task: str, attempt: int = 0, name: str = "toy-x7k2p") -> str:
    """The name of a pod in ``workflow``."""
    return f"{name}-{_TEMPLATE}-impl-{_hash(f'{_path(name, task)}(0).executor({attempt})')}"


def _path(name: str, task: str) -> str:
    return f"{name}(0).root(0).steps(0).{task}"


def _node(workflow_name: str, name: str, kind: str, template: str, phase: str) -> dict[str, Any]:
    return {
        "id": f"{workflow_name}-{_hash(name)}" if name != workflow_name else name,
        "name": name,
        "displayName": name.rpartition(".")[2],
        "type": kind,
        "templateName": template,
        "phase": phase,
    }


def _hash(name: str) -> str:
    return str(zlib.crc32(name.encode()))


def _detail(run_id: str, name: str, task: Task) -> Any:
    over = task.state not in ("PENDING", "RUNNING")
    return kfp.V2beta1PipelineTaskDetail(
        run_id=run_id,
        task_id=f"{name}-{run_id}",
        display_name=name,
        state=task.state,
        start_time=BEGUN,
        end_time=BEGUN + timedelta(seconds=task.seconds) if over else ZERO,
    )
