"""Overview, start form and run pages over HTTP; no scheduler runs, so what is asked for waits."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from orchestration.run_record import RunFolder

TESTS = Path(__file__).parents[2]


@pytest.fixture
def client(noria, monkeypatch):
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setenv("NORIA_HOME", str(noria.home))
    monkeypatch.setenv("NORIA_PIPELINES", "toy.pipeline:PIPELINE")
    settings = DashboardSettings(home=noria.home, auth="none", mlflow=False, scheduler=False)
    with TestClient(create_app(settings), base_url="http://localhost", follow_redirects=False) as client:
        yield client


def test_a_form_with_an_error_comes_back_with_it_and_nothing_is_started(client):
    answer = client.post(
        "/start/toy", data={"c.numbers.count": "0", "c.square.factor": "3", "action": "start"}
    )
    assert answer.status_code == 422
    assert 'id="error-numbers.count"' in answer.text
    assert 'name="c.square.factor" value="3"' in answer.text
    assert client.app.state.services.queue.waiting() == []


def test_what_was_typed_is_what_is_asked_for(client):
    page = client.post("/start/toy", data={"c.square.factor": "3", "action": "yaml"})
    assert page.status_code == 200
    assert "factor: 3.0" in page.text
    answer = client.post("/start/toy", data={"c.square.factor": "3", "target": "local", "action": "start"})
    (asked,) = client.app.state.services.queue.waiting()
    assert answer.headers["location"] == f"/runs/{asked.run_id}"
    assert asked.config["square"]["factor"] == 3.0
    assert "waiting" in client.get(f"/runs/{asked.run_id}").text
    assert asked.run_id in client.get("/").text
    assert asked.run_id in client.get("/runs").text
    assert client.post(f"/runs/{asked.run_id}/cancel").status_code == 303
    assert client.app.state.services.queue.waiting() == []


def test_bombs_and_nonsense_in_yaml_are_told(client):
    for text, word in (("a: &a [1]\nb: *a\n", "aliases"), ("a: [", "YAML"), ("cube: 1", "cube")):
        answer = client.post("/start/toy", data={"yaml": text, "action": "start"})
        assert answer.status_code == 422
        assert word in answer.text


def test_pages_of_a_finished_run(client, noria):
    run_id = noria.json("run", "toy", "--set", "square.epochs=2")["id"]
    page = client.get(f"/runs/{run_id}").text
    for text in ('class="graph"', "its first run here", 'class="chart"', "Gates", "Lineage", "Log of"):
        assert text in page
    assert f"/api/runs/{run_id}/artifacts/numbers/numbers.json" in page
    assert client.get(f"/api/runs/{run_id}/artifacts/numbers/numbers.json").status_code == 200
    assert 'id="steps"' in client.get(f"/runs/{run_id}/live").text
    again = client.get(f"/start/toy?from={run_id}").text
    assert 'name="c.square.epochs" value="2"' in again
    assert len(client.get("/").content) < 150_000
    picture = client.get("/pipelines/toy.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "square" in picture.text
    assert client.get("/runs/nothing").status_code == 404


def test_metrics_that_belong_together_are_a_table(client, noria):
    run_id = noria.json("run", "toy")["id"]
    numbers = {"test_accuracy": 0.75, "baseline_majority_accuracy": 0.125, "tflite_format_int8_bytes": 4096}
    folder = RunFolder(noria.home / "runs" / run_id)
    record = folder.load()
    record.metrics.update(numbers)
    folder.save(record)
    page = client.get(f"/runs/{run_id}").text
    found = re.findall(r"<tr>(.*?)</tr>", page, flags=re.DOTALL)
    rows = {" ".join(re.sub("<[^>]+>", " ", row).split()) for row in found}
    assert rows >= {"on test data accuracy", "model 0.75", "baseline majority 0.125"}
    assert rows >= {"format bytes", "int8 4,096"}
