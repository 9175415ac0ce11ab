"""What is asked of the server when runs are started, cancelled, retried, and what their records then say."""

from __future__ import annotations

import pytest
import yaml

from noria.errors import DataError, NoriaError
from orchestration.remote_runs import cancel_remote, refresh, refresh_all, retry_remote, start_remote_run
from orchestration.run_catalog import all_runs
from orchestration.run_record import RunFolder
from orchestration.run_server import UnavailableError
from tests.orchestration.kubeflow.kfp_api import V2, said, written
from tests.orchestration.kubeflow.kfp_states import Task, becomes


@pytest.fixture
def start(home, toy, place):
    """Starts the toy pipeline on the server."""

    def begin(**fields):
        config = toy.config_type(**fields.pop("config", {}))
        return start_remote_run(home, toy, config, place(**fields), "kind")

    return begin


def test_what_is_asked_for(api, start, home):
    folder = start(service_account="noria-steps", pipeline_root="s3://bucket/runs")
    record = folder.load()
    [(run_id, run)] = api.runs.items()
    [version] = api.versions
    assert (record.state, record.target) == ("queued", "kind")
    assert (record.remote.run_id, record.remote.url) == (run_id, f"{api.host}/#/runs/details/{run_id}")
    assert [step.name for step in record.steps] == ["numbers", "square", "double", "total"]
    assert run.display_name == f"toy {folder.id}"
    assert run.service_account == "noria-steps"
    assert written(run.runtime_config) == {"pipeline_root": "s3://bucket/runs"}
    assert run.pipeline_version_reference.pipeline_version_id == version.pipeline_version_id
    [experiment] = api.experiments
    assert (experiment.display_name, run.experiment_id) == ("toy", experiment.experiment_id)
    spec, platform = yaml.safe_load_all(api.uploads[0])
    assert spec["schemaVersion"] == "2.1.0"
    assert "platforms" in platform
    assert yaml.safe_load(folder.config.read_text())["numbers"]["count"] == 5
    # The process that started it need not live on.
    assert [known.state for known in all_runs(home)] == ["queued"]


def test_what_is_there_is_used_again(api, start):
    start()
    start()
    assert (len(api.pipelines), len(api.versions), len(api.experiments), len(api.runs)) == (1, 1, 1, 2)
    start(config={"numbers": {"count": 7}})
    start(caching=False)
    assert (len(api.pipelines), len(api.versions), len(api.experiments)) == (1, 3, 1)
    assert len({version.display_name for version in api.versions}) == 3


def test_somebody_else_is_faster(api, start):
    start()
    known = api.pipelines[0]
    api.pipelines.clear()

    def race(asked):
        if asked == f"POST {V2}/pipelines":
            api.pipelines.append(known)
        return

    api.trouble = race
    start()
    assert api.pipelines == [known]


def test_namespaces_are_named_where_there_are_several(api, start):
    api.multi_user = True
    start(namespace="team-a")
    assert {model.namespace for model in (*api.pipelines, *api.experiments)} == {"team-a"}


def test_nothing_is_left_behind_where_nothing_was_started(api, start, home):
    api.only_says(said(500, 13, "disk full"), where="version$")
    with pytest.raises(UnavailableError, match=r"pipeline toy was not taken.*disk full"):
        start()
    assert not list(home.runs.iterdir())
    asked = len(api.asked)
    with pytest.raises(DataError, match="there is no file"):
        start(config={"numbers": {"source": "/nowhere"}})
    assert len(api.asked) == asked


def test_a_lost_answer_starts_no_second_run(api, start):
    create = api.create_run

    def lose(**asked):
        create(**asked)
        return 504, "gateway timeout", "text/plain"

    api.create_run = lose
    folder = start()
    assert list(api.runs) == [folder.load().remote.run_id]


def test_states_of_steps(api, start):
    folder = start()
    api.script = [
        becomes(
            api,
            "RUNNING",
            {
                "numbers": Task("SUCCEEDED", cached=True),
                "square": Task(
                    "SUCCEEDED", attempts=[("Failed", "OOMKilled (exit code 137)"), ("Succeeded", "")]
                ),
                "double": Task("RUNNING", attempts=[("Failed", "pod deleted"), ("Running", "")]),
            },
        )
    ]
    assert refresh(folder) is None
    record = folder.load()
    assert (record.state, record.over) == ("running", False)
    numbers, square, double, total = record.steps
    assert (numbers.state, numbers.cached, numbers.attempts) == ("succeeded", True, 1)
    assert (square.state, square.cached, square.seconds, square.attempts, square.error) == (
        *("succeeded", False, 12.0, 2, ""),
    )
    assert (double.state, double.attempts, double.error, double.seconds) == (
        "running",
        2,
        "pod deleted",
        None,
    )
    assert (total.state, total.seconds) == ("pending", None)


def test_a_run_that_fails(api, start):
    folder = start()
    said_in_pod = "Error (exit code 1): numbers.csv: 3 of 5 rows are no numbers"
    api.script = [becomes(api, "FAILED", {"numbers": Task("FAILED", attempts=[("Failed", said_in_pod)])})]
    refresh(folder)
    record = folder.load()
    assert (record.state, record.ended[:19]) == ("failed", "2030-01-01T00:05:00")
    assert record.error == f"step numbers failed: {said_in_pod}"
    assert [step.state for step in record.steps] == ["failed", "skipped", "skipped", "skipped"]
    # What is over is not asked about again.
    asked = len(api.asked)
    refresh(folder, metrics=False)
    assert len(api.asked) == asked


def test_without_the_workflow_the_states_are_known(api, start):
    folder = start()
    api.script = [becomes(api, "FAILED", {"numbers": Task("FAILED")}, message="child failed")]
    api.only_says(said(404, 5, "Not Found"), where="/apis/v1beta1/runs")
    refresh(folder)
    assert folder.load().error == "step numbers failed"


def test_cancel(api, start):
    folder = start()
    working = {"numbers": Task("RUNNING", attempts=[("Running", "")])}
    stopped = {"numbers": Task("FAILED", attempts=[("Failed", "workflow shutdown with strategy: Terminate")])}
    api.script = [
        becomes(api, "RUNNING", working),
        becomes(api, "CANCELING", working),
        # The cluster's word for a run that was terminated.
        becomes(api, "FAILED", stopped),
    ]
    assert cancel_remote(folder) == "cancelled"
    assert api.count("POST", f"{V2}/runs/.*:terminate") == 1
    record = folder.load()
    assert (record.state, record.error, record.steps[0].state) == ("cancelled", "cancelled", "cancelled")
    with pytest.raises(NoriaError, match="is not running: it is cancelled"):
        cancel_remote(folder)


def test_cancelled_on_the_page(api, start):
    folder = start()
    api.script = [becomes(api, "FAILED", {}, history=["RUNNING", "CANCELING"])]
    refresh(folder)
    assert folder.load().state == "cancelled"


def test_retry(api, start):
    folder = start()
    api.script = [becomes(api, "RUNNING", {})]
    with pytest.raises(NoriaError, match="is running: only what failed"):
        retry_remote(folder)
    done = Task("SUCCEEDED", attempts=[("Succeeded", "")])
    api.script = [becomes(api, "FAILED", {"numbers": done, "square": Task("FAILED")})]
    refresh(folder)
    retry_remote(folder)
    assert api.count("POST", f"{V2}/runs/.*:retry") == 1
    record = folder.load()
    assert (record.state, record.ended, record.error) == ("queued", "", "")
    assert [step.state for step in record.steps] == ["succeeded", "pending", "pending", "pending"]
    api.script = [becomes(api, "SUCCEEDED", dict.fromkeys(("numbers", "square", "double", "total"), done))]
    refresh(folder)
    assert folder.load().state == "succeeded"


def test_a_run_deleted_on_the_server(api, start):
    folder = start()
    api.runs.clear()
    refresh(folder)
    record = folder.load()
    assert record.state == "failed"
    assert "no longer knows run" in record.error


def test_the_last_known_state_where_the_server_is_away(api, start, home):
    folders = [start(), start()]
    api.script = [becomes(api, "RUNNING", {})]
    assert refresh_all(home, all_runs(home)) == {}
    heard = [RunFolder(home.runs / folder.id).load().remote.heard for folder in folders]
    assert all(heard)
    asked = api.count("GET", f"{V2}/healthz")
    api.only_says(said(503, 14, "starting"))
    problems = refresh_all(home, all_runs(home))
    assert set(problems) == {folder.id for folder in folders}
    # One question for both.
    assert api.count("GET", f"{V2}/healthz") == asked + 1
    assert [folder.load().state for folder in folders] == ["running", "running"]
    assert [folder.load().remote.heard for folder in folders] == heard


def test_a_start_that_was_killed_is_buried(start, home):
    folder = start()
    record = folder.load()
    record.remote.run_id = ""
    folder.save(record)
    assert [known.state for known in all_runs(home)] == ["failed"]
    assert not home.metadata_db.exists()
