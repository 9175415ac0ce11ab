"""Runs and schedules on Vertex AI, as far as they can be seen without Google Cloud: requests and answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import google.auth
import grpc
import pytest
from google.api_core import grpc_helpers
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.aiplatform.utils import gcs_utils
from google.cloud.aiplatform_v1 import types

from noria.errors import ConfigError, NoriaError
from noria.home import Home
from orchestration.cron import parse_cron
from orchestration.kubeflow.pipeline_spec import compile_pipeline
from orchestration.remote_logs import remote_log
from orchestration.remote_runs import cancel_remote, refresh, retry_remote, start_remote_run
from orchestration.run_server import UnavailableError
from orchestration.schedules import NewSchedule, open_schedules
from orchestration.targets import VertexTarget
from tests.orchestration.vertex.vertex_api import VertexApi

BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
PARENT = "projects/example/locations/europe-west4"
States = types.PipelineTaskDetail.State


@pytest.fixture(autouse=True)
def api(monkeypatch):
    server = VertexApi()
    monkeypatch.setattr(grpc_helpers, "create_channel", server.channel)
    monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), "example"))
    # Before it submits, the library looks for the bucket in Cloud Storage.
    look = "create_gcs_bucket_for_pipeline_artifacts_if_it_does_not_exist"
    monkeypatch.setattr(gcs_utils, look, lambda **given: given["output_artifacts_gcs_dir"])
    yield server
    server.close()


@pytest.fixture
def target():
    return VertexTarget(
        kind="vertex",
        project="example",
        image="noria:dev",
        pipeline_root="gs://bucket/vertex",
        service_account="steps@example.iam.gserviceaccount.com",
        network="projects/1/global/networks/vpc",
        tracking={"uri": "http://127.0.0.1:9"},
    )


@pytest.fixture
def toy(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath / "tests"))
    from toy.pipeline import PIPELINE

    return PIPELINE.load()


@pytest.fixture
def folder(target, toy, tmp_path):
    return start_remote_run(Home(tmp_path / "home"), toy, toy.config_type(), target, "Vertex_1")


def job_of(api, folder):
    return api.jobs[f"{PARENT}/pipelineJobs/{folder.load().remote.run_id}"]


def detail(name, state, seconds=12, message=""):
    found = types.PipelineTaskDetail(task_name=name, state=state, start_time=BEGUN)
    if state not in (States.RUNNING, States.PENDING):
        found.end_time = BEGUN + timedelta(seconds=seconds)
    found.error.message = message
    return found


def test_what_is_submitted(api, folder):
    [request] = [asked for asked in api.requests if isinstance(asked, types.CreatePipelineJobRequest)]
    job = request.pipeline_job
    assert (request.parent, request.pipeline_job_id) == (PARENT, f"toy-{folder.id}")
    assert job.service_account == "steps@example.iam.gserviceaccount.com"
    assert job.network == "projects/1/global/networks/vpc"
    assert job.runtime_config.gcs_output_directory == "gs://bucket/vertex"
    labels = {"noria-run": folder.id, "noria-pipeline": "toy", "noria-target": "vertex_1"}
    assert dict(job.labels) | labels == dict(job.labels)
    spec = types.PipelineJob.to_dict(job)["pipeline_spec"]
    assert spec["schemaVersion"] == "2.1.0"
    assert spec["pipelineInfo"]["name"] == "toy"
    record = folder.load()
    assert record.remote.server == "example/europe-west4"
    assert f"/runs/toy-{folder.id}?project=example" in record.remote.url


def test_states(api, folder):
    job = job_of(api, folder)
    job.state = types.PipelineState.PIPELINE_STATE_RUNNING
    job.job_detail.task_details = [detail("numbers", States.SKIPPED), detail("square", States.RUNNING)]
    assert refresh(folder) is None
    record = folder.load()
    assert record.state == "running"
    assert [(step.state, step.cached, step.seconds) for step in record.steps[:3]] == [
        ("succeeded", True, 12.0),
        ("running", False, None),
        ("pending", False, None),
    ]
    job.state, job.end_time = types.PipelineState.PIPELINE_STATE_FAILED, BEGUN + timedelta(minutes=1)
    job.job_detail.task_details[1] = detail("square", States.FAILED, message="exit code 1")
    refresh(folder, metrics=False)
    record = folder.load()
    assert (record.state, record.error) == ("failed", "step square failed: exit code 1")
    assert [step.state for step in record.steps] == ["succeeded", "failed", "skipped", "skipped"]
    assert record.ended == "2030-01-01T00:01:00.000+00:00"


def test_cancel_and_retry(api, folder):
    job_of(api, folder).state = types.PipelineState.PIPELINE_STATE_RUNNING
    assert cancel_remote(folder) == "cancelled"
    [request] = [asked for asked in api.requests if isinstance(asked, types.CancelPipelineJobRequest)]
    assert request.name == f"{PARENT}/pipelineJobs/toy-{folder.id}"
    with pytest.raises(NoriaError, match="takes up no job again") as caught:
        retry_remote(folder)
    assert f"--target Vertex_1 --resume {folder.id}" in caught.value.hint


def test_logs_are_elsewhere(api, folder):
    found = detail("square", States.RUNNING)
    found.executor_detail.container_detail.main_job = "projects/1/locations/europe-west4/customJobs/77"
    job_of(api, folder).job_detail.task_details = [found]
    with pytest.raises(NoriaError, match="Cloud Logging") as caught:
        list(remote_log(folder, "square", follow=False))
    assert "stream-logs projects/1/locations/europe-west4/customJobs/77" in caught.value.hint
    with pytest.raises(NoriaError, match="has no job"):
        list(remote_log(folder, "total", follow=False))


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, NoriaError, "does not take the credentials"),
        (grpc.StatusCode.PERMISSION_DENIED, NoriaError, "does not allow this"),
        (grpc.StatusCode.UNAVAILABLE, UnavailableError, "cannot answer"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, UnavailableError, "cannot answer"),
        (grpc.StatusCode.INVALID_ARGUMENT, NoriaError, "refuses this"),
    ],
)
def test_errors(api, folder, code, kind, text):
    api.trouble = (code, "why")
    problem = refresh(folder)
    assert isinstance(problem, kind)
    assert text in problem.message
    assert "example/europe-west4" in problem.message


def test_no_credentials(target, toy, tmp_path, monkeypatch):
    def none_found(*_, **__):
        raise DefaultCredentialsError("Your default credentials were not found.")

    monkeypatch.setattr(google.auth, "default", none_found)
    with pytest.raises(NoriaError, match="asks for credentials") as caught:
        start_remote_run(Home(tmp_path / "home"), toy, toy.config_type(), target, "vertex")
    assert "gcloud auth application-default login" in caught.value.hint


def test_schedules(api, target, toy):
    schedules = open_schedules(target)
    compiled = compile_pipeline(toy, toy.config_type(), target, "vertex")
    cron = parse_cron("0 30 3 * * MON-FRI", "Europe/Berlin")
    made = schedules.add(NewSchedule("nightly", cron, BEGUN, max_concurrency=2), compiled)
    [request] = [asked for asked in api.requests if isinstance(asked, types.CreateScheduleRequest)]
    schedule = request.schedule
    assert request.parent == PARENT
    assert (schedule.display_name, schedule.cron) == ("nightly", "CRON_TZ=Europe/Berlin 30 3 * * 1,2,3,4,5")
    assert (schedule.max_concurrent_run_count, schedule.start_time.isoformat()) == (2, BEGUN.isoformat())
    assert schedule.create_pipeline_job_request.pipeline_job.service_account == target.service_account
    assert (made.cron, made.time_zone, made.state) == ("0 30 3 * * 1,2,3,4,5", "Europe/Berlin", "active")
    schedules.pause(made.id)
    assert [found.state for found in schedules.all()] == ["paused"]
    schedules.resume(made.id)
    assert [found.state for found in schedules.all()] == ["active"]
    schedules.remove(made.id)
    assert schedules.all() == []


def test_schedules_that_cannot_be(target, toy):
    schedules = open_schedules(target)
    compiled = compile_pipeline(toy, toy.config_type(), target, "vertex")
    with pytest.raises(ConfigError, match="at second 0"):
        schedules.add(NewSchedule("x", parse_cron("30 0 3 * * *")), compiled)
    with pytest.raises(NoriaError, match="missed times"):
        schedules.add(NewSchedule("x", parse_cron("0 0 3 * * *"), catch_up=True), compiled)
