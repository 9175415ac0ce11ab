"""Following a run: what is told, what a server that goes away does to it, how it is stopped."""

from __future__ import annotations

import threading

import pytest
from mlflow.tracking import MlflowClient

from noria.errors import NoriaError
from orchestration import remote_following
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

    def __call__(self, record, news):
        self.news += news

    def lines(self):
        return [
            f"{entry['step']} {entry.get('state') or entry['text']}"
            + (" cached" if entry.get("cached") else "")
            for entry in self.news
        ]


@pytest.fixture
def folder(home, toy, place, tmp_path):
    uri = f"sqlite:///{tmp_path / 'mlflow.sqlite'}"
    target = place(tracking={"uri": "http://mlflow.noria:5000", "local_uri": uri})
    return start_remote_run(home, toy, toy.config_type(), target, "kind")


def test_every_change_is_told_once(api, folder):
    again = [("Failed", "OOMKilled (exit code 137)"), ("Running", "")]
    api.script = [
        becomes(api, "PENDING", {}),
        becomes(api, "RUNNING", {"numbers": Task("SUCCEEDED", cached=True)}),
        becomes(api, "RUNNING", {"numbers": Task("SUCCEEDED", cached=True), "square": Task("RUNNING")}),
        becomes(
            api,
            "RUNNING",
            {"numbers": Task("SUCCEEDED", cached=True), "square": Task("RUNNING", attempts=again)},
        ),
        becomes(api, "SUCCEEDED", {**dict.fromkeys(STEPS, DONE), "numbers": Task("SUCCEEDED", cached=True)}),
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
    assert record.remote.metrics.startswith("MLflow at sqlite")


def test_metrics_come_from_mlflow(api, folder, tmp_path):
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.sqlite'}")
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
    asked = iter(range(100))

    def away(method, path):
        return said(503, 14, "upstream") if path.startswith(f"{V2}/runs/") and 1 <= next(asked) <= 3 else None

    api.trouble = away
    told = Told()
    assert follow_remote(folder, told, threading.Event(), interval=0.01).state == "succeeded"
    notes = [entry["text"] for entry in told.news if entry["kind"] == "note"]
    assert len(notes) == 2
    assert "HTTP 503" in notes[0]
    assert notes[1] == "the server answers again"


def test_a_server_that_stays_away(api, folder, monkeypatch):
    monkeypatch.setattr(remote_following, "PATIENCE", 0.05)
    api.trouble = lambda method, path: said(503, 14, "gone") if path.startswith(f"{V2}/runs/") else None
    with pytest.raises(NoriaError, match="is not followed any more, it may go on") as caught:
        follow_remote(folder, Told(), threading.Event(), interval=0.02)
    assert f"noria follow {folder.id}" in caught.value.hint
    assert not folder.load().over


def test_credentials_that_end_meanwhile(api, folder):
    api.script = [becomes(api, "RUNNING", {})]
    api.trouble = lambda method, path: said(401, 16, "expired") if path.startswith(f"{V2}/runs/") else None
    with pytest.raises(NoriaError, match="not followed any more.*asks for credentials"):
        follow_remote(folder, Told(), threading.Event(), interval=0.01)


def test_to_stop_following_leaves_the_run_alone(api, folder):
    api.script = [becomes(api, "RUNNING", {"numbers": Task("RUNNING")})]
    stop = threading.Event()
    stop.set()
    record = follow_remote(folder, Told(), stop, interval=10)
    assert record.state == "running"
    assert api.count("POST", ".*:terminate") == 0
