"""Schedules by page and by API: made, changed, paused, resumed, removed, audited; mistakes told in place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.masking import HIDDEN
from dashboard.settings import DashboardSettings

NIGHTLY = {
    "name": "nightly",
    "pipeline": "toy",
    "target": "local",
    "config": "numbers: {count: 3}\n",
    "kind": "cron",
    "cron": "30 3 * * *",
    "time_zone": "Europe/Berlin",
    "catch_up": "latest",
    "overlap": "skip",
}
BODY = {
    "name": "nightly",
    "pipeline": "toy",
    "config": {"numbers": {"count": 3}},
    "trigger": {"kind": "cron", "cron": "30 3 * * *"},
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    app = create_app(DashboardSettings(home=tmp_path, auth="none", scheduler=False, mlflow=False))
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


def audited(client: TestClient) -> list[str]:
    return [entry.what for entry in client.app.state.services.audit.entries()]


def test_a_life_of_a_schedule_by_page(client):
    assert "There is none yet" in client.get("/schedules").text
    made = client.post("/schedules", data=NIGHTLY)
    assert made.status_code == 303
    address = made.headers["location"]
    shown = client.get(address).text
    assert "Every day at 03:30 (Europe/Berlin)" in shown
    assert len(re.findall(r"<li><time datetime", shown)) == 5
    assert client.post(f"{address}/pause").status_code == 303
    assert "Paused." in client.get("/schedules").text
    assert client.post(f"{address}/resume").status_code == 303
    changed = client.post(address, data=NIGHTLY | {"cron": "*/15 * * * *", "keep_runs": "4"})
    assert changed.status_code == 303
    assert "every 15 minutes" in client.get("/schedules").text
    assert client.post(f"{address}/remove").status_code == 303
    assert client.get(address).status_code == 404
    deeds = ["remove", "change", "resume", "pause", "create"]
    assert audited(client) == [f"{deed} schedule" for deed in deeds]


def test_mistakes_are_told_beside_their_fields_and_nothing_is_lost(client):
    answer = client.post("/schedules", data=NIGHTLY | {"cron": "99 * * * *", "keep_runs": "<many>"})
    assert answer.status_code == 422
    assert 'id="keep_runs-error"' in answer.text
    assert 'value="99 * * * *"' in answer.text
    assert "<many>" not in answer.text
    assert client.get("/api/schedules").json() == []
    assert audited(client) == []


def test_a_name_that_is_taken(client):
    assert client.post("/schedules", data=NIGHTLY).status_code == 303
    again = client.post("/schedules", data=NIGHTLY)
    assert again.status_code == 422
    assert "already" in again.text


def test_a_deed_that_there_is_not(client):
    address = client.post("/schedules", data=NIGHTLY).headers["location"]
    assert client.post(f"{address}/explode").status_code == 400
    assert client.get("/schedules/nothere").status_code == 404


def test_the_form_of_a_new_one(client):
    shown = client.get("/schedules/new?pipeline=toy")
    assert shown.status_code == 200
    assert re.search(r"<option selected>toy", shown.text)
    assert client.get("/schedules/new?pipeline=zzz").status_code == 200


def test_a_life_of_a_schedule_by_api(client):
    made = client.post("/api/schedules", json=BODY)
    assert made.status_code == 201
    line = made.json()
    assert line["schedule"]["config"]["numbers"]["count"] == 3
    # Completed when it was made.
    assert line["schedule"]["config"]["square"]["factor"] == 1.0
    assert len(line["preview"]["times"]) == 5
    address = f"/api/schedules/{line['id']}"
    assert client.get("/api/schedules/nightly").json()["id"] == line["id"]
    assert client.post(f"{address}/pause").json()["state"] == "paused"
    assert client.post(f"{address}/resume").json()["state"] == "active"
    changed = client.put(address, json=BODY | {"name": "weekly", "trigger": {"kind": "data", "every": "6h"}})
    assert changed.json()["schedule"]["trigger"] == {"kind": "data", "every": "6h"}
    assert client.get(f"{address}/ticks").json() == []
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pipeline": "zzz"}, 400),
        ({"target": "/etc/passwd"}, 400),
        ({"config": {"numbers": {"count": 0}}}, 400),
        ({"config": {"numbers": {"count": HIDDEN}}}, 400),
        ({"trigger": {"kind": "cron", "cron": "x"}}, 422),
        ({"trigger": {"kind": "data", "every": 10**30}}, 422),
        ({"name": "\u0000"}, 422),
    ],
)
def test_what_the_api_refuses(client, change, status):
    assert client.post("/api/schedules", json=BODY | change).status_code == status


def test_preview(client):
    found = client.get("/api/schedules/preview", params={"cron": "0 3 * * 1", "time_zone": "UTC"})
    assert found.json()["words"] == "at 03:00 on Monday (UTC)"
    assert client.get("/api/schedules/preview", params={"cron": "bad"}).status_code == 400
