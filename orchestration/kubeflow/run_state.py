"""A run as the API describes it, carried over into our record of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from orchestration.kubeflow.workflow_nodes import WorkflowNodes
from orchestration.run_record import RunRecord, StepRecord

_RUN_STATES = {
    "RUNNING": "running",
    "PAUSED": "running",
    "CANCELING": "running",
    "SUCCEEDED": "succeeded",
    "SKIPPED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "cancelled",
}
_STEP_STATES = {
    "RUNNING": "running",
    "PAUSED": "running",
    "CANCELING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "cancelled",
    "SKIPPED": "skipped",
}


def tasks_of(run: Any) -> list[Any]:
    """The task details of a V2beta1Run; empty until the cluster has taken it."""
    return list(run.run_details.task_details or []) if run.run_details else []


def apply(record: RunRecord, run: Any, workflow: WorkflowNodes | None) -> None:
    """Writes into ``record`` what the server says.

    Args:
        record: Of a run on this server; changed.
        run: A V2beta1Run.
        workflow: What the cluster adds to it; None where it could not be had.
    """
    remote = record.remote
    assert remote is not None, "only runs elsewhere are described by a server"
    record.state = _state(run, remote.cancelling)
    details = {task.display_name: task for task in tasks_of(run)}
    for step in record.steps:
        _apply_step(step, remote.tasks[step.name], details, workflow)
    if not record.over:
        return
    record.ended = (_time(run.finished_at) or _last_end(details.values()) or datetime.now(UTC)).isoformat(
        timespec="milliseconds"
    )
    for step in record.steps:
        if step.state in ("pending", "running"):
            step.state = "skipped" if step.state == "pending" else record.state
        elif step.state == "failed" and record.state == "cancelled":
            step.state, step.error = "cancelled", ""
    record.error = "" if record.state == "succeeded" else _why(record, run, workflow)


def _state(run: Any, cancelling: bool) -> str:
    state = _RUN_STATES.get(run.state or "", "queued")
    # The cluster ends a run that is cancelled as one that failed.
    stopped = cancelling or any(status.state == "CANCELING" for status in run.state_history or [])
    return "cancelled" if state == "failed" and stopped else state


def _apply_step(
    step: StepRecord, task: str, details: Mapping[str, Any], workflow: WorkflowNodes | None
) -> None:
    detail, driver = details.get(task), details.get(f"{task}-driver")
    step.state = _STEP_STATES.get(detail.state or "", "pending") if detail else "pending"
    if step.state == "pending" and driver is not None and driver.state == "FAILED":
        step.state, detail = "failed", driver
    begun, ended = (_time(detail.start_time), _time(detail.end_time)) if detail else (None, None)
    if begun and ended and step.state not in ("pending", "running"):
        step.seconds = round((ended - begun).total_seconds(), 2)
    step.error = (detail.error.message or "") if detail and detail.error else ""
    if workflow is None:
        return
    attempts = workflow.attempts(task)
    step.cached = step.state == "succeeded" and workflow.cached(task)
    step.attempts = max(1, len(attempts))
    if step.seconds is not None and attempts and attempts[0].begun and attempts[-1].ended:
        # The task itself ends only when the cluster's controller next looks at it.
        step.seconds = round((attempts[-1].ended - attempts[0].begun).total_seconds(), 2)
    if step.state == "failed":
        step.error = step.error or workflow.why_failed(task)
    elif step.state == "running" and attempts and attempts[-1].phase == "Pending":
        step.error = _waits_for(attempts[-1].message)
    elif step.state == "running" and step.attempts > 1:
        step.error = attempts[-2].message


def _waits_for(message: str) -> str:
    """Why a pod does not begin; empty where the cluster has said nothing yet."""
    if not message or message in ("PodInitializing", "ContainerCreating"):
        return ""
    hint = "\n  -> is the target's image there for the cluster? On kind: make kind-up loads it"
    return f"waits: {message}" + (hint if "Image" in message else "")


def _why(record: RunRecord, run: Any, workflow: WorkflowNodes | None) -> str:
    failed = [step for step in record.steps if step.state == "failed"]
    if record.state == "cancelled":
        return "cancelled"
    if failed:
        return f"step {failed[0].name} failed" + (f": {failed[0].error}" if failed[0].error else "")
    said = [run.error.message if run.error else ""]
    if workflow is not None:
        said += [workflow.other_failures(), workflow.message]
    return next((text for text in said if text), "the server says that it failed, and not why")


def _last_end(details: Iterable[Any]) -> datetime | None:
    ends = [time for detail in details if (time := _time(detail.end_time))]
    return max(ends, default=None)


def _time(value: datetime | None) -> datetime | None:
    """A time of the API; None for its ways of saying never: the years 1 and 1970."""
    return value if value is not None and value.year > 1970 else None
