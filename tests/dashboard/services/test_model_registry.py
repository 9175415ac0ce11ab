"""The registry on a real MLflow store: what is told, rolling back, downloads, by service, page and API."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.run_index import NotFoundError
from dashboard.services.model_registry import registered_model, registered_models, roll_back
from dashboard.services.players import champion_versions
from dashboard.settings import DashboardSettings
from noria.errors import NoriaError
from noria.home import Home
from orchestration.mlflow_server import connect

pytestmark = pytest.mark.slow

GATES = [{"name": "accuracy_minimum", "limit": 0.5, "got": 0.75, "passed": True, "note": ""}]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a fresh MLflow store; making one takes seconds."""
    home = Home(tmp_path_factory.mktemp("store"))
    connect(home, "")
    return home.mlflow_db.read_bytes()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: bytes) -> Home:
    """Two versions: 1 was champion until 2 replaced it; 3 did not pass its gates."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("NORIA_HOME", str(tmp_path))
    home = Home(tmp_path)
    home.mlflow_db.write_bytes(empty_store)
    client = connect(home, "")
    experiment = client.create_experiment("toy", home.mlflow_artifacts.as_uri())
    client.create_registered_model("toy")
    for number, (promoted, replaces) in enumerate([(True, ""), (True, "1"), (False, "2")], start=1):
        run = client.create_run(experiment)
        files = tmp_path / f"files-{number}"
        for path, text in (
            ("artifacts/model/model.json", "{}"),
            ("artifacts/model/saved_model/saved_model.pb", f"model {number}"),
            ("artifacts/model/examples/x.npy", "not for download"),
            ("artifacts/tflite/model.tflite", f"tflite {number}"),
        ):
            if number == 3 and "tflite" in path:
                continue
            (files / path).parent.mkdir(parents=True, exist_ok=True)
            (files / path).write_text(text)
        client.log_artifacts(run.info.run_id, str(files), "registered-model-x")
        source = f"{run.info.artifact_uri}/registered-model-x"
        version = client.create_model_version("toy", source, run.info.run_id).version
        tags = {
            "noria.gates": json.dumps(GATES),
            "noria.promoted": str(promoted).lower(),
            "noria.replaces": replaces,
            "noria.tflite_sha256": "" if number == 3 else "ab" * 32,
            "noria.run": "<script>",
        }
        for key, value in tags.items():
            client.set_model_version_tag("toy", version, key, value)
    client.set_registered_model_alias("toy", "champion", "2")
    client.set_registered_model_alias("toy", "challenger", "3")
    return home


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    app = create_app(DashboardSettings(home=home.root, auth="none", scheduler=False, mlflow=False))
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


class Audit:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def write(self, *entry: Any) -> None:
        self.told.append(entry)


def test_what_is_told_and_rolling_back(home):
    model = registered_model(home, "toy")
    assert (model.champion, model.challenger, model.roll_back_to) == ("2", "3", "1")
    assert [version.version for version in model.versions] == ["3", "2", "1"]
    assert [event.what for event in model.history] == ["not promoted", "promoted", "promoted"]
    assert model.versions[0].gates[0].got == 0.75
    assert not model.versions[0].run_here
    audit: Any = Audit()
    with pytest.raises(NoriaError, match="by now"):
        roll_back(home, audit, "toy", "1", "3", "ann")
    with pytest.raises(NoriaError, match="already"):
        roll_back(home, audit, "toy", "2", "2", "ann")
    for name, version in (("toy", "9"), ("none", "1")):
        with pytest.raises(NotFoundError):
            roll_back(home, audit, name, version, "2", "ann")
    assert audit.told == []
    assert registered_model(home, "toy").champion == "2"
    roll_back(home, audit, "toy", "1", "2", "ann")
    after = registered_model(home, "toy")
    assert after.champion == "1"
    assert after.roll_back_to == ""
    assert audit.told == [("ann", "roll back", "toy", {"from": "2", "to": "1"})]
    newest = after.history[0]
    assert (newest.what, newest.version, newest.before, newest.by) == ("rolled back", "1", "2", "ann")
    # And forth again: both are remembered.
    roll_back(home, audit, "toy", "2", "1", "bob")
    assert [event.by for event in registered_model(home, "toy").history[:2]] == ["bob", "ann"]


def test_pages_and_downloads(client):
    shown = client.get("/models").text
    assert "Roll back to version 1" in shown
    assert "<script>" not in shown.replace('<script src="', "")
    address = "/api/models/toy/versions"
    packed = client.get(f"{address}/champion/saved_model.zip")
    with zipfile.ZipFile(BytesIO(packed.content)) as archive:
        assert archive.read("saved_model/saved_model.pb") == b"model 2"
        assert {name.split("/")[0] for name in archive.namelist()} == {"saved_model", "model.json"}
    file = client.get(f"{address}/1/model.tflite")
    assert file.content == b"tflite 1"
    assert "toy-1.tflite" in file.headers["content-disposition"]
    assert client.get(f"{address}/3/model.tflite").status_code == 400
    assert client.get(f"{address}/9/model.tflite").status_code == 404
    assert client.get("/api/models/none").status_code == 404
    assert client.get("/api/models").json()[0]["champion"] == "2"


def test_a_roll_back_by_page_is_audited_and_a_late_one_refused(client):
    form = {"version": "1", "expected": "2"}
    assert client.post("/models/toy/champion", data=form).headers["location"] == "/models#toy"
    late = client.post("/models/toy/champion", data=form)
    assert late.status_code == 409
    assert "by now" in late.text
    shown = client.get("/models").text
    assert "rolled back" in shown
    entries = client.app.state.services.audit.entries()
    assert [(e.what, e.subject, e.details) for e in entries] == [
        ("roll back", "toy", {"from": "2", "to": "1"})
    ]


def test_a_roll_back_by_api(client):
    answer = client.post("/api/models/toy/champion", json={"version": "1", "expected": "2"})
    assert answer.json()["champion"] == "1"
    assert client.post("/api/models/toy/champion", json={"version": "../1"}).status_code == 422


def test_without_any_model(tmp_path, monkeypatch, empty_store):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = Home(tmp_path)
    home.mlflow_db.write_bytes(empty_store)
    assert registered_models(home) == []


def test_a_dead_server_is_told_on_the_page(client, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    shown = client.get("/models")
    assert shown.status_code == 200
    assert 'role="alert"' in shown.text
    assert "127.0.0.1:9" in shown.text


def test_who_plays_is_asked_of_the_registry_that_the_models_come_from(tmp_path, monkeypatch, home):
    """Not of the home's own file, where ``MLFLOW_TRACKING_URI`` names another one."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home.mlflow_db}")
    other = Home(tmp_path / "other")
    champions = {model.name: model.champion for model in registered_models(other)}
    assert champions == champion_versions(other) == {"toy": "2"}
