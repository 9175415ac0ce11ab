"""Following a run: what is told, what a server that goes away does to it, how it is stopped."""

from __future__ import annotations

import threading

import pytest

from noria.errors import NoriaError
from orchestration import remote_following
from orchestration.mlflow_server import connect
from orchestration.remote_following import follow_remote
from orchestration.remote_runs import start_remote_run
from tests.orchestration.kubeflow.kfp_api import V2, said
from tests.orchestration.kubeflow.kfp_states import Task, becomes

DONE = Task("SUCCEEDED", attempts=[("Succeeded", "")])
STEPS = ("numbers", "square", "double", "total")


class Told:
    """Remembers what a watcher was told."""

    def __init__(self):
        self.news = []

    def __call__(self, _record, news):
        self.news += news

    def lines(self):
        return [
            f"{entry['step']} {entry.get('state') or entry['text']}"
            + (" cached" if entry.get("cached") else "")
            for entry in self.news
        ]


@pytest.fixture
def folder(home, toy, place):
    return start_remote_run(home, toy, toy.config_type(), place(), "kind")


def test_image_that_cannot_be_pulled_is_told_while_the_pod_waits(api, folder):
    waiting = [("Pending", "ImagePullBackOff: Back-off pulling image noria:dev")]
    api.script = [
        becomes(api, "RUNNING", {"numbers": Task("RUNNING", attempts=[("Pending", "PodInitializing")])}),
        becomes(api, "RUNNING", {"numbers": Task("RUNNING", attempts=waiting)}),
        becomes(api, "RUNNING", {"numbers": Task("RUNNING", attempts=waiting)}),
        becomes(api, "SUCCEEDED", dict.fromkeys(STEPS, DONE)),
    ]
    told = Told()
    follow_remote(folder, told, threading.Event(), interval=0.01)
    waits = [line for line in told.lines() if "waits" in line]
    assert waits == [
        "numbers waits: ImagePullBackOff: Back-off pulling image noria:dev\n"
        "  -> is the target's image there for the cluster? On kind: make kind-up loads it"
    ]
    assert told.lines()[0] == "numbers running"


def test_every_change_is_told_once(api, folder):
    cached = Task("SUCCEEDED", cached=True)
    again = [("Failed", "OOMKilled (exit code 137)"), ("Running", "")]
    api.script = [
        becomes(api, "PENDING", {}),
        becomes(api, "RUNNING", {"numbers": cached}),
        becomes(api, "RUNNING", {"numbers": cached, "square": Task("RUNNING", attempts=[("Running", "")])}),
        becomes(api, "RUNNING", {"numbers": cached, "square": Task("RUNNING", attempts=again)}),
        becomes(api, "SUCCEEDED", {**dict.fromkeys(STEPS, DONE), "numbers": cached}),
    ]
    told = Told()
    record = follow_remote(folder, told, threading.Event(), interval=0.01)
    assert record.state == "succeeded"
    assert told.lines() == [
        "numbers succeeded cached",
        "square running",
        "square attempt 2 begins: the one before ended with: OOMKilled (exit code 137)",
        "square succeeded",
        "double succeeded",
        "total succeeded",
    ]
    # That MLflow is away is said, and no failure.
    assert record.remote.metrics.startswith("MLflow at http://127.0.0.1:9 could not be asked")


def test_metrics_come_from_mlflow(api, home, toy, place, tmp_path):
    client = connect(home, "")
    tracking = {"uri": "http://mlflow.noria:5000", "local_uri": f"sqlite:///{home.mlflow_db}"}
    folder = start_remote_run(home, toy, toy.config_type(), place(tracking=tracking), "kind")
    experiment = client.create_experiment("somewhere else", artifact_location=tmp_path.as_uri())
    run_id = folder.load().remote.run_id
    parent = client.create_run(experiment, tags={"noria.run_id": run_id, "noria.target": "kind"})
    tags = {"noria.run_id": run_id, "mlflow.parentRunId": parent.info.run_id}
    child = client.create_run(experiment, tags=tags)
    client.log_metric(parent.info.run_id, "test_accuracy", 0.75)
    client.log_metric(parent.info.run_id, "undefined", float("nan"))
    client.log_metric(child.info.run_id, "loss", 3.0)
    api.script = [becomes(api, "SUCCEEDED", dict.fromkeys(STEPS, DONE))]
    record = follow_remote(folder, Told(), threading.Event(), interval=0.01)
    assert record.metrics == {"test_accuracy": 0.75}
    assert record.remote.metrics == "fetched"


def test_a_server_that_goes_away_and_comes_back(api, folder):
    api.script = [becomes(api, "RUNNING", {"numbers": DONE}), becomes(api, "SUCCEEDED", {"numbers": DONE})]
    count = iter(range(100))

    def away(asked):
        return said(503, 14, "upstream") if f"{V2}/runs/" in asked and 1 <= next(count) <= 3 else None

    api.trouble = away
    told = Told()
    assert follow_remote(folder, told, threading.Event(), interval=0.01).state == "succeeded"
    notes = [entry["text"] for entry in told.news if entry["kind"] == "note"]
    assert len(notes) == 2
    assert "HTTP 503" in notes[0]
    assert notes[1] == "the server answers again"


def test_a_server_that_stays_away(api, folder, monkeypatch):
    monkeypatch.setattr(remote_following, "PATIENCE", 0.05)
    api.only_says(said(503, 14, "gone"), where=f"{V2}/runs/")
    with pytest.raises(NoriaError, match="is not followed any more, it may go on") as caught:
        follow_remote(folder, Told(), threading.Event(), interval=0.02)
    assert f"noria follow {folder.id}" in caught.value.hint
    assert not folder.load().over


def test_credentials_that_end_meanwhile(api, folder):
    api.script = [becomes(api, "RUNNING", {})]
    api.only_says(said(401, 16, "expired"), where=f"{V2}/runs/")
    with pytest.raises(NoriaError, match=r"not followed any more.*asks for credentials"):
        follow_remote(folder, Told(), threading.Event(), interval=0.01)


def test_to_stop_following_leaves_the_run_alone(api, folder):
    api.script = [becomes(api, "RUNNING", {"numbers": Task("RUNNING")})]
    stop = threading.Event()
    stop.set()
    record = follow_remote(folder, Told(), stop, interval=10)
    assert record.state == "running"
    assert api.count("POST", ".*:terminate") == 0
