"""Runs on Vertex AI Pipelines: start, refresh, cancel.

Written against google-cloud-aiplatform's own types and never run against Google Cloud by us.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from noria.errors import NoriaError
from orchestration.run_record import RemoteRun, RunRecord, StepRecord, now
from orchestration.targets import VertexTarget
from orchestration.vertex.vertex_client import PATIENT, QUICK, parent, pipeline_job, service
from orchestration.vertex.vertex_errors import explained

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline

_RUN_STATES = {
    "PIPELINE_STATE_RUNNING": "running",
    "PIPELINE_STATE_PAUSED": "running",
    "PIPELINE_STATE_CANCELLING": "running",
    "PIPELINE_STATE_SUCCEEDED": "succeeded",
    "PIPELINE_STATE_FAILED": "failed",
    "PIPELINE_STATE_CANCELLED": "cancelled",
}
_STEP_STATES = {
    "RUNNING": "running",
    "CANCEL_PENDING": "running",
    "CANCELLING": "running",
    "SUCCEEDED": "succeeded",
    # Vertex AI's word for a result out of the cache.
    "SKIPPED": "succeeded",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "NOT_TRIGGERED": "skipped",
}


class VertexRuns:
    """Pipeline jobs of one project and region; see ``orchestration.run_server.RunServer``."""

    def __init__(self, target: VertexTarget, quick: bool = False) -> None:
        self._target = target
        self._seconds = QUICK if quick else PATIENT
        with explained(target):
            self._client = service(target, "PipelineServiceClient")

    def start(self, record: RunRecord, compiled: CompiledPipeline) -> None:
        """Submits a pipeline job named after the run."""
        remote, target = _remote(record), self._target
        name = f"{compiled.name}-{record.id}"
        labels = {"noria-run": record.id, "noria-pipeline": record.pipeline, "noria-target": record.target}
        with explained(target):
            job = pipeline_job(target, compiled, name, labels)
            job.submit(
                service_account=target.service_account or None,
                network=target.network or None,
                create_request_timeout=self._seconds,
            )
        remote.run_id = name
        remote.url = (
            f"https://console.cloud.google.com/vertex-ai/locations/{target.location}/pipelines/runs/{name}"
            f"?project={target.project}"
        )

    def refresh(self, record: RunRecord) -> None:
        """Asks for the job."""
        with explained(self._target):
            job = self._client.get_pipeline_job(name=self._name(record), retry=None, timeout=self._seconds)
        tasks = {task.task_name: task for task in job.job_detail.task_details}
        record.state = _RUN_STATES.get(job.state.name, "queued")
        for step in record.steps:
            _apply(step, tasks.get(_remote(record).tasks[step.name]))
        if not record.over:
            return
        ended = _time(job.end_time)
        record.ended = ended.isoformat(timespec="milliseconds") if ended else now()
        for step in record.steps:
            if step.state in ("pending", "running"):
                step.state = "skipped" if step.state == "pending" else record.state
        failed = [step for step in record.steps if step.state == "failed"]
        if record.state == "failed":
            step_text = f"step {failed[0].name} failed: {failed[0].error}" if failed else ""
            record.error = step_text or job.error.message or "Vertex AI says that it failed, and not why"
        elif record.state == "cancelled":
            record.error = "cancelled"

    def cancel(self, record: RunRecord) -> None:
        """Asks for the job's end."""
        with explained(self._target):
            self._client.cancel_pipeline_job(name=self._name(record), timeout=self._seconds)

    def retry(self, record: RunRecord) -> None:
        """Vertex AI cannot; raises NoriaError with what it can do."""
        raise NoriaError(
            "Vertex AI takes up no job again",
            hint="start one like it, whose finished steps come from the cache: "
            f"noria run {record.pipeline} --target {record.target} --resume {record.id}",
        )

    def log(self, record: RunRecord, step: str) -> str:
        """Logs are in Cloud Logging; raises NoriaError with the command that reads them."""
        with explained(self._target):
            job = self._client.get_pipeline_job(name=self._name(record), retry=None, timeout=self._seconds)
        task = _remote(record).tasks[step]
        jobs = [
            detail.executor_detail.container_detail.main_job
            for detail in job.job_detail.task_details
            if detail.task_name == task and detail.executor_detail.container_detail.main_job
        ]
        if not jobs:
            raise NoriaError(f"step {step} of run {record.id} has no job on Vertex AI (yet), so no log")
        raise NoriaError(
            f"the log of step {step} is kept by Cloud Logging",
            hint=f"gcloud ai custom-jobs stream-logs {jobs[-1]} --region {self._target.location}",
        )

    def _name(self, record: RunRecord) -> str:
        return f"{parent(self._target)}/pipelineJobs/{_remote(record).run_id}"


def _apply(step: StepRecord, task: Any) -> None:
    state = task.state.name if task is not None else ""
    step.state = _STEP_STATES.get(state, "pending")
    step.cached = state == "SKIPPED"
    if task is None:
        return
    begun, ended = _time(task.start_time), _time(task.end_time)
    if begun and ended:
        step.seconds = round((ended - begun).total_seconds(), 2)
    step.error = task.error.message if step.state == "failed" else ""


def _time(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return datetime.fromtimestamp(value.timestamp(), UTC) if value.timestamp() > 0 else None


def _remote(record: RunRecord) -> RemoteRun:
    assert record.remote is not None, "only runs elsewhere are asked about"
    return record.remote
