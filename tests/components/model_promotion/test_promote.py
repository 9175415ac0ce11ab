"""Promotion against a SQLite store: versions, aliases, tags, races, and a model that MLflow can serve."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from components import mlflow_context, tracking
from components.device_check.record import DeviceRecord
from components.evaluation_record import EvaluationRecord
from components.model_promotion import promote as promote_module
from components.model_promotion.champion import find_champion
from components.model_promotion.config import MinimumGate, ModelPromotionConfig
from components.model_promotion.executor import Executor
from components.model_promotion.promote import Candidate, promote
from components.model_promotion.record import Promotion
from components.model_promotion.registry import RegistryError
from noria.errors import DataError
from noria.files import write_json
from tests.components.model_promotion.conftest import MakeCandidate, start_run

Config = ModelPromotionConfig
pytestmark = pytest.mark.usefixtures("home")


def aliases(client: MlflowClient) -> dict[str, str]:
    return {k: str(v) for k, v in client.get_registered_model("toy").aliases.items()}


def test_the_first_good_model_becomes_champion(
    client: MlflowClient, candidate: MakeCandidate, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORIA_RUN", "20260101-abc")
    promotion = promote(candidate(), config)
    assert promotion.promoted
    assert promotion.reason == "Promoted: all 4 gate(s) hold; it is the first champion."
    assert aliases(client) == {"challenger": "1", "champion": "1"}
    tags = client.get_model_version("toy", "1").tags
    assert [row["passed"] for row in json.loads(tags["noria.gates"])] == [True] * 4
    assert (tags["noria.data_digest"], tags["noria.run"]) == ("d1", "20260101-abc")
    assert len(tags["noria.tflite_sha256"]) == 64


def test_a_bad_model_becomes_challenger_only(
    client: MlflowClient, candidate: MakeCandidate, config: Config
) -> None:
    promotion = promote(candidate(accuracy=0.3), config)
    assert not promotion.promoted
    assert promotion.aliases == ("challenger",)
    assert promotion.reason == (
        "Not promoted: 1 of 4 gates did not hold: test_accuracy_minimum (got 0.3, limit 0.5)."
    )
    assert aliases(client) == {"challenger": "1"}


def test_a_better_model_replaces_the_champion(
    client: MlflowClient, candidate: MakeCandidate, config: Config
) -> None:
    promote(candidate(), config)
    promotion = promote(candidate(1, 0.9, champion=("1", 0.8)), config)
    assert promotion.promoted
    assert "it replaces version 1" in promotion.reason
    assert aliases(client) == {"challenger": "2", "champion": "2"}
    assert client.get_model_version("toy", "1").tags["noria.replaced_by"] == "2"


def test_a_worse_model_does_not(client: MlflowClient, candidate: MakeCandidate, config: Config) -> None:
    promote(candidate(), config)
    promotion = promote(candidate(1, 0.7, champion=("1", 0.8)), config)
    assert not promotion.promoted
    assert aliases(client) == {"challenger": "2", "champion": "1"}
    assert "noria.replaced_by" not in client.get_model_version("toy", "1").tags


def test_a_champion_that_changed_meanwhile(
    client: MlflowClient, candidate: MakeCandidate, config: Config
) -> None:
    promote(candidate(), config)
    promotion = promote(candidate(1, 0.9), config)
    assert not promotion.promoted
    assert "the champion changed since the evaluation: it was none, now it is version 1" in promotion.reason
    assert aliases(client)["champion"] == "1"


def test_the_champions_own_model_passes_again(
    client: MlflowClient, candidate: MakeCandidate, config: Config
) -> None:
    promote(candidate(), config)
    promotion = promote(candidate(), config)
    assert promotion.promoted
    assert promotion.gates[2].note == "champion version 1 is this very model"
    assert aliases(client) == {"challenger": "2", "champion": "2"}


def test_metrics_of_the_exported_file_reach_the_gates(
    candidate: MakeCandidate,
    config: Config,
) -> None:
    gate = {"kind": "minimum", "metric": "tflite_agreement", "value": 0.99}
    strict = ModelPromotionConfig.model_validate({**config.model_dump(), "gates": [gate]})
    assert promote(candidate(), strict).promoted
    without = promote(candidate(tflite=False), strict)
    assert (without.gates[0].passed, without.gates[0].note) == (False, "there is no tflite_agreement")


def test_a_step_run_again_decides_the_same_and_registers_once(
    client: MlflowClient,
    candidate: MakeCandidate,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    start_run(client, home, monkeypatch)
    first = promote(candidate(), config)
    start_run(client, home, monkeypatch)
    second = promote(candidate(1, 0.9, champion=("1", 0.8)), config)
    again = promote(candidate(1, 0.9, champion=("1", 0.8)), config)
    assert first.version == "1"
    assert second == again
    assert again.promoted
    assert len(client.search_model_versions("name='toy'")) == 2


def test_of_two_promotions_at_once_one_wins(
    client: MlflowClient, candidate: MakeCandidate, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have registered before either decides.
    barrier = threading.Barrier(2)
    locked = promote_module.locked

    def wait_then_lock(path: Path) -> object:
        barrier.wait(timeout=60)
        return locked(path)

    monkeypatch.setattr(promote_module, "locked", wait_then_lock)
    results: list[Promotion] = []
    threads = [
        threading.Thread(target=lambda which=which: results.append(promote(candidate(which), config)))
        for which in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.promoted for result in results) == [False, True]
    (winner,) = [result for result in results if result.promoted]
    (loser,) = [result for result in results if not result.promoted]
    assert aliases(client)["champion"] == winner.version
    assert f"it was none, now it is version {winner.version}" in loser.reason


def test_a_server_that_is_down_is_told_with_the_models_place(
    candidate: MakeCandidate,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{unused.getsockname()[1]}")
    given = candidate()
    with pytest.raises(RegistryError, match=r"the model registry at http://127\.0\.0\.1") as error:
        promote(given, config)
    assert str(given.model.path) in error.value.hint
    assert "noria run --resume" in error.value.hint
    with pytest.raises(RegistryError):
        find_champion("toy", tmp_path)


def test_a_store_that_is_no_database_is_told(
    home: Path, candidate: MakeCandidate, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "other.sqlite").write_text("this is no database " * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'other.sqlite'}")
    with pytest.raises(RegistryError, match=r"other\.sqlite failed"):
        promote(candidate(), config)


def _devices(candidate: Candidate, **fields: Any) -> DeviceRecord:
    export = candidate.export()
    assert export
    given = {"sha256": export.sha256, "metrics": {}, "devices": (), "samples": 1, "file_bytes": 1, **fields}
    return DeviceRecord(model="two_inputs", format="fp16", **given)


@pytest.mark.parametrize(
    ("fields", "allow", "promoted", "state"),
    [
        ({"metrics": {"device_agreement": 1.0}}, False, True, "passed"),
        ({"metrics": {"device_agreement": 0.0}}, True, False, "failed"),
        ({"not_run": {"device_agreement": "no apt-get"}}, False, False, "not run"),
        ({"not_run": {"device_agreement": "no apt-get"}}, True, True, "not run"),
        (None, False, False, "not run"),
        (None, True, True, "not run"),
    ],
)
def test_what_the_file_did_on_devices_decides(
    client: MlflowClient,
    candidate: MakeCandidate,
    config: Config,
    fields: dict[str, Any] | None,
    allow: bool,
    promoted: bool,
    state: str,
) -> None:
    gate = MinimumGate(metric="device_agreement", value=0.9, when_not_run="allow" if allow else "refuse")
    given = candidate()
    if fields is not None:
        given = replace(given, devices=_devices(given, **fields))
    promotion = promote(given, config.model_copy(update={"gates": (*config.gates, gate)}))
    assert promotion.promoted is promoted
    (row,) = [row for row in promotion.gates if row.name == "device_agreement_minimum"]
    assert (row.state, row.passed) == (state, state == "passed")
    if state == "not run":
        assert row.note.startswith("not run: ")
        assert "device_agreement_minimum" in promotion.reason
    assert ("champion" in aliases(client)) is promoted


def test_a_device_report_about_another_file_is_refused(candidate: MakeCandidate, config: Config) -> None:
    given = candidate()
    with pytest.raises(DataError, match="the device report is about"):
        promote(replace(given, devices=_devices(given, sha256="0" * 64)), config)


def test_waiting_for_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    monkeypatch.delenv("NORIA_MLFLOW_CONTEXT", raising=False)
    assert mlflow_context.run_id(0) is None
    context = tmp_path / "context.json"
    monkeypatch.setenv("NORIA_MLFLOW_CONTEXT", str(context))
    with pytest.raises(Exception, match="tracking server does not answer"):
        mlflow_context.run_id(0.1)
    threading.Timer(0.3, write_json, (context, {"run_id": "abc"})).start()
    assert mlflow_context.run_id(10) == "abc"
    monkeypatch.setenv("MLFLOW_RUN_ID", "kubeflow")
    assert mlflow_context.run_id(0) == "kubeflow"


def test_a_run_that_never_comes_is_told_with_the_models_place(
    candidate: MakeCandidate, config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NORIA_MLFLOW_CONTEXT", str(tmp_path / "never.json"))
    given = candidate()
    with pytest.raises(RegistryError, match="no MLflow run after 1 s") as error:
        promote(given, config)
    assert str(given.model.path) in error.value.hint


def test_the_executor_writes_the_record(
    candidate: MakeCandidate,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = candidate()
    (tmp_path / "evaluation").mkdir()
    given.evaluation.save(tmp_path / "evaluation")
    assert EvaluationRecord.load(tmp_path / "evaluation") == given.evaluation
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv(tracking.JOURNAL_VARIABLE, str(tmp_path / "journal.jsonl"))
    inputs = {"model": given.model.path, "evaluation": tmp_path / "evaluation"}
    with tracking.recording({"promotion": out}):
        Executor().run(config, inputs, {"promotion": out})
    assert Promotion.load(out).promoted
    assert '"name": "promoted_toy", "value": 1.0' in (tmp_path / "journal.jsonl").read_text()
    report = (out / "report.html").read_text()
    assert "no champion yet" in report
    assert "first champion" in report
