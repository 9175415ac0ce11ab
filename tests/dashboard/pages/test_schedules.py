"""Schedules by page and by API: made, changed, paused, resumed, removed, audited; mistakes told in place."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.masking import HIDDEN
from dashboard.settings import DashboardSettings
from tests.dashboard.stored_runs import store_run

NIGHTLY = {
    "name": "nightly",
    "pipeline": "toy",
    "target": "local",
    "c.numbers.count": "3",
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


def test_the_form_has_the_settings_of_the_pipeline(client):
    shown = client.get("/schedules/new?pipeline=toy").text
    count = re.search(r'<input id="c-numbers.count"[^>]*>', shown, re.DOTALL).group()
    assert 'type="number"' in count
    assert 'min="1"' in count
    assert 'name="yaml"' not in shown


def test_both_parts_of_the_form_tell_their_mistakes_at_once(client):
    answer = client.post("/schedules", data=NIGHTLY | {"keep_runs": "many", "c.numbers.count": "0"})
    assert answer.status_code == 422
    assert 'id="keep_runs-error"' in answer.text
    assert 'id="error-numbers.count"' in answer.text
    assert client.get("/api/schedules").json() == []


def test_turning_the_configuration_keeps_what_was_typed(client):
    typed = NIGHTLY | {"name": "often", "cron": "5 4 * * *", "action": "yaml"}
    as_yaml = client.post("/schedules", data=typed)
    assert as_yaml.status_code == 200
    text = re.search(r"<textarea id=\"yaml\"[^>]*>\n(.*?)</textarea>", as_yaml.text, re.DOTALL).group(1)
    assert "count: 3" in text
    assert 'value="often"' in as_yaml.text
    assert 'value="5 4 * * *"' in as_yaml.text
    without = {name: value for name, value in typed.items() if not name.startswith("c.")}
    as_fields = client.post(
        "/schedules", data=without | {"yaml": html.unescape(text), "action": "fields"}
    ).text
    assert re.search(r'id="c-numbers.count" name="c.numbers.count" value="3"', as_fields)
    # A view is no change.
    assert client.get("/api/schedules").json() == []
    assert audited(client) == []


def test_the_configuration_of_a_run_can_be_scheduled(client):
    services = client.app.state.services
    run = store_run(services.home, "numbers: {count: 8}\nsquare: {factor: 4.5}\n").id
    assert f'href="/schedules/new?run={run}"' in client.get(f"/runs/{run}").text
    shown = client.get(f"/schedules/new?run={run}").text
    assert re.search(r'name="c.square.factor" value="4.5"', shown)
    hidden = re.search(r'name="from" value="(\w+)"', shown).group(1)
    sent = {name: value for name, value in NIGHTLY.items() if not name.startswith("c.")}
    made = client.post("/schedules", data=sent | {"from": hidden})
    assert made.status_code == 303
    [line] = client.get("/api/schedules").json()
    assert line["schedule"]["config"]["square"]["factor"] == 4.5


def test_an_edited_schedule_keeps_what_was_not_changed(client):
    address = client.post("/schedules", data=NIGHTLY | {"c.square.factor": "2.5"}).headers["location"]
    assert 'name="c.square.factor" value="2.5"' in client.get(address).text
    assert client.post(address, data=NIGHTLY | {"c.numbers.count": "9"}).status_code == 303
    [line] = client.get("/api/schedules").json()
    config = line["schedule"]["config"]
    assert (config["numbers"]["count"], config["square"]["factor"]) == (9, 2.5)


def test_a_schedule_of_a_pipeline_that_is_gone_can_be_seen_and_removed(client, monkeypatch):
    address = client.post("/schedules", data=NIGHTLY).headers["location"]
    monkeypatch.delenv("NORIA_PIPELINES")
    shown = client.get(address)
    assert shown.status_code == 200
    assert "no pipeline toy here any more" in shown.text
    assert client.post(address, data=NIGHTLY).status_code == 400
    assert client.post(f"{address}/remove").status_code == 303
