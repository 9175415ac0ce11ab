"""Runs on a Kubeflow Pipelines server: start, refresh, cancel, retry, log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from noria.errors import NoriaError
from orchestration.kubeflow.connection import KubeflowServer
from orchestration.kubeflow.run_state import apply, tasks_of
from orchestration.kubeflow.server_errors import NotKubeflowError
from orchestration.kubeflow.uploading import experiment_id, first, named, required, upload
from orchestration.kubeflow.workflow_nodes import WorkflowNodes
from orchestration.run_record import RemoteRun, RunRecord
from orchestration.run_server import NotThereError, UnavailableError

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline


class KubeflowRuns:
    """A server's runs; see ``orchestration.run_server.RunServer``."""

    def __init__(self, server: KubeflowServer) -> None:
        self._server = server
        # States of all tasks when the workflow was last looked at, by run.
        self._seen: dict[str, list[tuple[str, str]]] = {}
        self._workflows: dict[str, WorkflowNodes | None] = {}

    def start(self, record: RunRecord, compiled: CompiledPipeline) -> None:
        """Uploads the pipeline where it is new, and starts a run in the experiment of its name."""
        import kfp_server_api

        server, remote = self._server, _remote(record)
        version = upload(server, compiled)
        body = kfp_server_api.V2beta1Run(
            display_name=f"{record.pipeline} {record.id}",
            description=f"noria run {record.id}, configuration {record.config_digest[:12]}",
            experiment_id=experiment_id(server, compiled.name),
            pipeline_version_reference=version,
            runtime_config=kfp_server_api.V2beta1RuntimeConfig(
                pipeline_root=server.target.pipeline_root or None
            ),
            service_account=server.target.service_account or None,
        )
        try:
            run = server.ask(server.client.runs.run_service_create_run, run=body)
        except UnavailableError as error:
            # The answer may have been lost, not the question.
            run = self._started(body, error)
        remote.run_id = required(server, run, "run_id")
        remote.url = server.page(f"runs/details/{remote.run_id}")

    def refresh(self, record: RunRecord) -> None:
        """Asks for the run, and for its workflow where a task has changed its state or a pod waits."""
        remote = _remote(record)
        try:
            run = self._server.ask(self._server.client.runs.run_service_get_run, remote.run_id)
        except NotThereError as error:
            raise NotThereError(
                f"{remote.server} no longer knows run {record.id} ({remote.run_id}): was it deleted there?"
            ) from error
        required(self._server, run, "run_id")
        tasks = sorted((task.display_name or "", task.state or "") for task in tasks_of(run))
        known = self._workflows.get(record.id)
        # What a pod waits for changes without any state.
        if self._seen.get(record.id) != tasks or (known is not None and known.waiting):
            self._workflows[record.id] = self._workflow(remote) if tasks else None
            self._seen[record.id] = tasks
        apply(record, run, self._workflows[record.id])

    def cancel(self, record: RunRecord) -> None:
        """Asks the server to terminate the run."""
        self._server.ask(self._server.client.runs.run_service_terminate_run, _remote(record).run_id)

    def retry(self, record: RunRecord) -> None:
        """Asks the server to take the run up again."""
        self._server.ask(self._server.client.runs.run_service_retry_run, _remote(record).run_id)

    def log(self, record: RunRecord, step: str) -> str:
        """What the step's latest pod printed, as long as the cluster has it.

        Raises:
            NoriaError: The step has no pod (yet), or its log is gone; the hint says where else to look.
        """
        remote = _remote(record)
        task = remote.tasks[step]
        workflow = self._workflow(remote)
        attempts = workflow.attempts(task) if workflow else []
        kubectl = f"kubectl logs -n {remote.namespace}"
        if not attempts:
            if workflow and workflow.cached(task):
                raise NoriaError(f"step {step} took its results from the cache; it printed nothing")
            raise NoriaError(
                f"step {step} of run {record.id} has no pod that the server knows of",
                hint=f"look for it with: {kubectl} -l pipeline/runid={remote.run_id} -c main --prefix",
            )
        pod = attempts[-1].pod
        gone = NoriaError(
            f"the log of step {step} (pod {pod}) is not to be had",
            hint=f"while the pod exists: {kubectl} {pod} -c main; else see {remote.url}",
        )
        try:
            text = self._pod_log(remote, pod)
        except (NotThereError, NotKubeflowError, UnavailableError) as error:
            raise NoriaError(f"{gone.message}: {error.message}", hint=gone.hint) from error
        # The server says that all is well before it looks for the pod.
        if text.startswith('{"error_message"'):
            raise NoriaError(f"{gone.message}: {json.loads(text)['error_message'][:300]}", hint=gone.hint)
        return text

    def _pod_log(self, remote: RemoteRun, pod: str) -> str:
        try:
            return self._server.text(f"/apis/v1alpha1/runs/{remote.run_id}/nodes/{pod}/log", {})
        except (NotThereError, NotKubeflowError):
            # Where the address is that of the pages, they have logs under another one.
            query = {"podname": pod, "runid": remote.run_id, "podnamespace": remote.namespace}
            return self._server.text("/k8s/pod/logs", query)

    def _workflow(self, remote: RemoteRun) -> WorkflowNodes | None:
        try:
            answer = self._server.get(f"/apis/v1beta1/runs/{remote.run_id}")
        except (NotThereError, NotKubeflowError):
            return None
        manifest = (answer.get("pipeline_runtime") or {}).get("workflow_manifest")
        return WorkflowNodes(manifest) if manifest else None

    def _started(self, body: Any, error: UnavailableError) -> Any:
        """The run that was asked for, if the server has it after all; else raises the error."""
        answer = self._server.ask(
            self._server.client.runs.run_service_list_runs,
            experiment_id=body.experiment_id,
            filter=named(body.display_name),
        )
        if (run := first(answer.runs)) is None:
            raise error
        return run


def _remote(record: RunRecord) -> RemoteRun:
    assert record.remote is not None, "only runs elsewhere are asked about"
    return record.remote
