"""The page Compare and its API: choosing, the tables, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from noria.home import Home
from tests.dashboard.services.test_compare import stored_run


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    for name, factor in (("aaa", 1.0), ("bbb", 2.0), ("ccc", 3.0)):
        stored_run(Home(tmp_path), name, factor, {"test_accuracy": factor / 4, "<b>": 1.0})
    app = create_app(DashboardSettings(home=tmp_path, auth="none", scheduler=False, mlflow=False))
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


def test_without_runs_there_is_a_list_to_choose_from(client):
    shown = client.get("/compare").text
    assert shown.count('type="checkbox"') == 3
    assert "Settings that differ" not in shown


@pytest.mark.parametrize("name", ["run", "runs"])
def test_runs_side_by_side(client, name):
    shown = client.get(f"/compare?{name}=aaa&{name}=bbb").text
    assert "training.factor" in shown
    assert "training.epochs" not in shown
    assert '<td class="number best">0.5 ' in shown
    assert "training/loss" in shown
    assert "<polyline" in shown
    assert "<b>" not in shown


def test_one_run_is_not_enough(client):
    shown = client.get("/compare?run=aaa")
    assert shown.status_code == 200
    assert "choose another" in shown.text


def test_too_many_runs(client):
    shown = client.get("/compare?" + "&".join(f"run=r{number}" for number in range(7)))
    assert "6 at most" in shown.text


def test_an_unknown_run(client):
    assert client.get("/compare?run=aaa&run=nothere").status_code == 404


def test_the_api(client):
    found = client.get("/api/compare?run=aaa&run=ccc").json()
    assert [run["id"] for run in found["runs"]] == ["aaa", "ccc"]
    assert found["settings"][0]["values"] == [1.0, 3.0]
    assert len(found["curves"]["aaa"]["training/loss"]) == 3
    assert client.get("/api/compare?run=aaa").status_code == 422
    assert client.get("/api/compare?run=aaa&run=../x").status_code == 422
    assert client.get("/api/compare?run=aaa&run=zzz").status_code == 404
    assert client.get("/api/compare/mlflow?run=aaa&run=bbb").status_code == 400


def test_without_mlflow_its_page_is_refused(client):
    assert client.get("/compare/mlflow?run=aaa&run=bbb").status_code == 400
