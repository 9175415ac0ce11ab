"""Runs elsewhere and schedules, from the command line."""

from __future__ import annotations

import os
import signal

import pytest
import yaml

from tests.orchestration.kubeflow.kfp_api import V2, KfpApi, said
from tests.orchestration.kubeflow.kfp_states import Task, becomes, pod

DONE = Task("SUCCEEDED", attempts=[("Succeeded", "")])
STEPS = ("numbers", "square", "double", "total")


@pytest.fixture
def api():
    server = KfpApi()
    yield server
    server.close()


@pytest.fixture
def target(api, tmp_path):
    """A target's file; nothing listens where it says that MLflow is."""
    file = tmp_path / "staging.yaml"
    fields = {"kind": "kubeflow", "host": api.host, "image": "noria:dev", "namespace": "noria"}
    file.write_text(yaml.safe_dump({**fields, "tracking": {"uri": "http://127.0.0.1:9"}}))
    return file


@pytest.mark.slow
def test_a_run_from_start_to_end(noria, api, target):
    api.script = [
        becomes(api, "RUNNING", {"numbers": Task("SUCCEEDED", cached=True)}),
        becomes(api, "SUCCEEDED", {**dict.fromkeys(STEPS, DONE), "numbers": Task("SUCCEEDED", cached=True)}),
    ]
    done = noria("run", "toy", "--target", target, "--set", "numbers.count=7")
    for line in ("numbers: cached", "total: succeeded after 12.0 s", "(4 steps, 1 from the cache)"):
        assert line in done.stdout
    assert "its metrics are not known here: MLflow at http://127.0.0.1:9 could not be asked" in done.stderr
    [line] = noria.json("runs")
    assert (line["target"], line["state"], line["remote"]["kind"]) == ("staging", "succeeded", "kubeflow")
    assert line["remote"]["url"] == f"{api.host}/#/runs/details/{line['remote']['run_id']}"
    assert line["remote"]["url"] in noria("show", "last").stdout
    # A run elsewhere and one here, side by side.
    here = noria.json("run", "toy")
    comparison = noria.json("compare", line["id"], here["id"])
    assert comparison["settings"] == {"numbers.count": [7, 5]}


@pytest.mark.slow
def test_a_run_that_fails_and_is_retried(noria, api, target):
    failed = Task("FAILED", attempts=[("Failed", "Error (exit code 1): 3 of 5 rows are no numbers")])
    api.script = [becomes(api, "FAILED", {"numbers": failed})]
    run = noria.json("run", "toy", "--target", target, status=1)
    assert (run["state"], run["steps"][0]["error"]) == ("failed", failed.attempts[0][1])
    text = noria("show", run["id"]).stdout
    assert "step numbers failed: Error (exit code 1)" in text
    refused = noria("run", "toy", "--resume", run["id"], status=2).stderr
    assert f"noria retry {run['id']}" in refused
    api.script = [becomes(api, "SUCCEEDED", dict.fromkeys(STEPS, DONE))]
    assert noria.json("retry", run["id"])["state"] == "succeeded"
    # Or one like it, whose finished steps come from the server's cache.
    again = noria.json("run", "toy", "--target", target, "--resume", run["id"])
    assert again["resumed_from"] == run["id"]
    assert len(api.runs) == 2


@pytest.mark.slow
def test_detach_follow_logs_cancel(noria, api, target):
    working = {"numbers": Task("RUNNING", attempts=[("Running", "")])}
    api.script = [becomes(api, "RUNNING", working)]
    api.logs[pod("numbers")] = "working on 5 numbers\n"
    run = noria.json("run", "toy", "--target", target, "--detach")
    assert (run["state"], api.count("GET", f"{V2}/runs/.*")) == ("queued", 0)
    assert noria.json("show", run["id"])["state"] == "running"
    assert noria("logs", run["id"], "numbers").stdout == "working on 5 numbers\n"
    assert "kubectl logs" in noria("logs", run["id"], "total", status=2).stderr
    failed = {"numbers": Task("FAILED", attempts=[("Failed", "terminated")])}
    api.script = [*api.script, becomes(api, "FAILED", failed, history=["CANCELING"])]
    assert noria("cancel", run["id"]).stdout == f"run {run['id']}: cancelled\n"
    assert noria.json("follow", run["id"], status=130)["state"] == "cancelled"


def test_ctrl_c_leaves_the_run_alone(noria, api, target, eventually):
    api.script = [becomes(api, "RUNNING", {"numbers": Task("RUNNING")})]
    process = noria.start("run", "toy", "--target", target)
    eventually(lambda: api.count("GET", f"{V2}/runs/.*"), lambda: str(process.poll()))
    os.kill(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    run = noria.json("runs")[0]
    assert run["state"] == "running"
    assert f"noria follow {run['id']}" in output
    assert f"noria cancel {run['id']}" in output
    assert api.count("POST", ".*:terminate") == 0


@pytest.mark.slow
def test_the_last_known_state_is_shown_with_its_age(noria, api, target):
    api.script = [becomes(api, "RUNNING", {"numbers": Task("RUNNING")})]
    run = noria.json("run", "toy", "--target", target, "--detach")
    noria("show", run["id"])
    api.only_says(said(503, 14, "starting"))
    for command in (("runs",), ("show", run["id"])):
        done = noria(*command)
        assert "running" in done.stdout
        assert f"run {run['id']}: as it was" in done.stderr
        assert "HTTP 503" in done.stderr
    assert "cannot answer" in noria("cancel", run["id"], status=2).stderr
    assert "cannot answer" in noria("run", "toy", "--target", target, status=2).stderr
    assert len(noria.json("runs")) == 1


def test_options_that_belong_elsewhere(noria, target):
    assert (
        "--again is for runs on this machine"
        in noria("run", "toy", "--target", target, "--again", "square", status=2).stderr
    )
    assert "--detach is for runs elsewhere" in noria("run", "toy", "--detach", status=2).stderr
    run = noria.json("run", "toy")
    assert f"--resume {run['id']}" in noria("retry", run["id"], status=2).stderr
    assert noria.json("follow", run["id"]) == noria.json("show", run["id"])


@pytest.mark.slow
def test_schedules(noria, api, target):
    add = ("schedule", "add", "toy", "--target", target, "--cron")
    done = noria(*add, "30 3 * * MON", "--time-zone", "Asia/Tokyo", "--name", "nightly", TZ="Europe/Berlin")
    assert "five fields were given: they are meant at second 0" in done.stdout
    assert "cron: 0 30 3 * * 1 in Asia/Tokyo; on the server: 0 30 18 * * 0 in UTC" in done.stdout
    assert done.stdout.count("(03:30:00 JST)") == 5
    assert "already" in noria(*add, "0 0 3 * * *", "--name", "nightly", status=2).stderr
    made = noria.json(*add, "0 0 3 * * *", "--start", "2030-01-31T12:00", "--end", "2030-02-02")
    assert made["next"] == ["2030-02-01T03:00:00+00:00"]
    assert (made["name"], made["state"], made["catch_up"], made["target"]) == (
        "toy",
        "active",
        False,
        "staging",
    )
    listed = noria.json("schedule", "list", "--target", target)
    assert [entry["name"] for entry in listed] == ["nightly", "toy"]
    assert noria.json("schedule", "pause", "toy", "--target", target)["state"] == "paused"
    text = noria("schedule", "list", "--target", target).stdout
    assert "paused" in text
    assert "0 30 18 * * 0" in text
    noria("schedule", "resume", "toy", "--target", target)
    noria("schedule", "remove", "nightly", "--target", target)
    assert [run.display_name for run in api.recurring] == ["toy"]


def test_schedules_that_cannot_be(noria, api, target):
    assert "--cron is missing" in noria("schedule", "add", "toy", "--target", target, status=2).stderr
    add = ("schedule", "add", "toy", "--target", target, "--cron")
    assert "expected six fields" in noria(*add, "@daily", status=2).stderr
    zone = noria(*add, "0 30 3 * * *", "--time-zone", "Europe/Berlin", status=2).stderr
    assert "cronScheduleTimezone" in zone
    assert api.recurring == []
