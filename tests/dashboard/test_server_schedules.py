"""Schedules that a target's server keeps: made, listed, changed by page and API; servers that are dead."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path

import pytest
import yaml

from dashboard.masking import Mask
from dashboard.services import server_schedules
from dashboard.services.server_schedules import ServerSchedules
from noria.errors import ConfigError
from orchestration import targets
from tests.dashboard.stored_runs import client_of
from tests.orchestration.kubeflow.kfp_api import KfpApi

FORM = {
    "name": "nightly",
    "pipeline": "toy",
    "target": "staging",
    "yaml": "numbers: {count: 3}\n",
    "kind": "cron",
    "cron": "0 30 3 * * 1",
    "time_zone": "Asia/Tokyo",
    "catch_up": "latest",
    "overlap": "skip",
}
BODY = {
    "name": "nightly",
    "pipeline": "toy",
    "target": "staging",
    "trigger": {"kind": "cron", "cron": "0 30 3 * * *"},
}


@pytest.fixture
def api():
    server = KfpApi()
    yield server
    server.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the dashboard finds its targets: only this machine, so far."""
    found = tmp_path / "targets"
    found.mkdir()
    (found / "local.yaml").write_text("kind: local\n")
    monkeypatch.setattr(targets, "_FOLDER", found)
    return found


@pytest.fixture
def client(tmp_path, folder, monkeypatch):
    assert folder.is_dir()
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    with client_of(tmp_path / "home") as client:
        yield client


def put_target(folder, host):
    fields = {"kind": "kubeflow", "host": host, "image": "noria:dev", "namespace": "noria"}
    text = yaml.safe_dump({**fields, "tracking": {"uri": "http://127.0.0.1:9"}})
    (folder / "staging.yaml").write_text(text)


@pytest.fixture
def staging(api, folder):
    put_target(folder, api.host)
    return api


@pytest.fixture
def hanging(folder):
    """A server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        put_target(folder, f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield


def answered(client):
    """The one remote target's line, once it is known what became of asking it."""
    for _ in range(20):
        [line] = client.get("/api/schedules/servers").json()
        if line["state"] != "asking":
            return line
    raise AssertionError(line)


def audited(client):
    return [entry.what for entry in client.app.state.services.audit.entries()]


@pytest.mark.slow
def test_a_life_by_page(client, staging):
    assert 'name="kept_by"' in client.get("/schedules/new?pipeline=toy").text
    assert answered(client)["schedules"] == []
    assert "It keeps no schedule." in client.get("/schedules").text
    made = client.post("/schedules", data=FORM)
    assert (made.status_code, made.headers["location"]) == (303, "/schedules")
    [there] = staging.recurring
    assert (there.display_name, there.status, there.max_concurrency, there.no_catchup) == (
        *("nightly", "ENABLED"),
        *("1", True),
    )
    assert there.trigger.cron_schedule.cron == "0 30 18 * * 0"
    # What the server runs is what the form said.
    assert re.search(r'"?count"?: 3', staging.uploads[0])
    assert client.get("/api/schedules").json() == []
    answered(client)
    shown = client.get("/schedules").text
    assert f'href="{staging.host}/#/recurringrun/details/{there.recurring_run_id}"' in shown
    assert "<code>0 30 18 * * 0</code>" in shown
    assert 'aria-label="Pause nightly on staging"' in shown
    address = f"/schedules/servers/staging/{there.recurring_run_id}"
    assert client.post(f"{address}/pause").status_code == 303
    assert there.status == "DISABLED"
    answered(client)
    # The answer of before the change is not shown again.
    assert 'aria-label="Resume nightly on staging"' in client.get("/schedules").text
    assert client.post(f"{address}/resume").status_code == 303
    assert there.status == "ENABLED"
    assert client.post(f"{address}/remove").status_code == 303
    assert staging.recurring == []
    assert client.post(f"{address}/remove").status_code == 404
    assert audited(client) == [
        f"{deed} schedule on server" for deed in ("remove", "resume", "pause", "create")
    ]


@pytest.mark.slow
def test_a_life_by_api(client, staging):
    made = client.post("/api/schedules", json={**BODY, "catch_up": "all"})
    assert made.status_code == 201
    line = made.json()
    assert (line["kept_by"], line["target"], line["state"]) == ("server", "staging", "active")
    assert staging.recurring[0].no_catchup is False
    assert answered(client)["schedules"] == [line]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT03:30:00\+00:00", line["next_due"])
    again = client.post("/api/schedules", json=BODY)
    assert again.status_code == 400
    assert "already" in again.json()["detail"]
    here = client.post("/api/schedules", json={**BODY, "kept_by": "here"}).json()
    assert (here["kept_by"], len(staging.recurring)) == ("here", 1)
    address = f"/api/schedules/servers/staging/{line['id']}"
    paused = client.post(f"{address}/pause").json()
    assert (paused["state"], paused["next_due"]) == ("paused", "")
    assert answered(client)["schedules"] == [paused]
    assert client.post(f"{address}/resume").json()["state"] == "active"
    assert client.delete(address).status_code == 204
    assert answered(client)["schedules"] == []
    assert client.delete(address).status_code == 404
    assert client.post("/api/schedules/servers/local/abc/pause").status_code == 404
    assert client.post("/schedules/servers/staging/abc/explode").status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "local", "kept_by": "server"}, "kept_by"),
        ({"kind": "data", "every": "1h", "kept_by": "server"}, "kept_by"),
        ({"kept_by": "moon"}, "kept_by"),
        ({"overlap": "queue"}, "overlap"),
        ({"keep_runs": "3"}, "keep_runs"),
        ({"catch_up": "none"}, "catch_up"),
    ],
)
def test_what_a_server_cannot_keep(client, staging, change, field):
    answer = client.post("/schedules", data=FORM | change)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert staging.recurring == []
    assert audited(client) == []


def test_other_triggers_of_remote_targets_are_kept_here(client, staging):
    made = client.post("/api/schedules", json={**BODY, "trigger": {"kind": "data", "every": "6h"}})
    assert (made.status_code, made.json()["kept_by"]) == (201, "here")
    assert staging.recurring == []


def test_a_secret_reaches_no_server(client, staging, monkeypatch):
    seen = []

    def refuse(_, tree):
        seen.append(tree["numbers"])
        raise ConfigError("a secret")

    monkeypatch.setattr(server_schedules, "refuse_secrets", refuse)
    assert client.post("/api/schedules", json=BODY).status_code == 400
    assert [part["count"] for part in seen] == [5]
    assert staging.asked == []


def test_nobody_listens(client, folder):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        host = f"http://127.0.0.1:{gone.getsockname()[1]}"
    put_target(folder, host)
    line = answered(client)
    assert line["state"] == "silent"
    assert host in line["error"]
    shown = client.get("/schedules")
    assert "The server does not answer." in shown.text
    assert "data-reload" not in shown.text
    made = client.post("/schedules", data=FORM)
    assert made.status_code == 422
    assert host in made.text
    deed = client.post("/api/schedules/servers/staging/abc/pause")
    assert deed.status_code == 400
    assert audited(client) == []


@pytest.mark.usefixtures("hanging")
def test_a_server_that_hangs_is_not_waited_for(client):
    shown = client.get("/schedules").text
    assert "It is being asked." in shown
    assert 'data-reload="2"' in shown
    assert answered(client)["state"] == "silent"
    assert "The server does not answer." in client.get("/schedules").text


def test_a_target_that_is_no_target(client, folder):
    (folder / "odd.yaml").write_text("kind: submarine\n")
    line = answered(client)
    assert (line["target"], line["state"]) == ("odd", "refused")
    assert "submarine" in line["error"]
    assert "The server cannot be asked." in client.get("/schedules").text


def test_what_was_asked_before_a_change_does_not_count(folder, monkeypatch):
    put_target(folder, "http://127.0.0.1:9")
    begun, go_on, asked = threading.Event(), threading.Event(), []

    def first_slow(_, quick):
        asked.append(quick)
        if len(asked) == 1:
            begun.set()
            go_on.wait(10)
            raise RuntimeError("the old answer")
        raise RuntimeError("the new answer")

    monkeypatch.setattr(server_schedules, "open_schedules", first_slow)
    servers = ServerSchedules(Mask([]))
    assert servers.lines(0)[0].state == "asking"
    assert begun.wait(10)
    [question] = servers._asked.values()
    servers.forget("staging")
    assert servers.lines(10)[0].error == "the new answer"
    go_on.set()
    assert question.over.wait(10)
    assert servers.lines(0)[0].error == "the new answer"
    assert asked == [True, True]


def test_a_server_that_never_ends_its_answer(folder, monkeypatch):
    put_target(folder, "http://127.0.0.1:9")
    ended = threading.Event()
    monkeypatch.setattr(server_schedules, "open_schedules", lambda *_, **__: ended.wait(10))
    monkeypatch.setattr(server_schedules, "_LONGEST", 0.0)
    servers = ServerSchedules(Mask([]))
    assert servers.lines(0.01)[0].state == "silent"
    servers.lines(0)
    assert len(servers._asked) == 1
    ended.set()
