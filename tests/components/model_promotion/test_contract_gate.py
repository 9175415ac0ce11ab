"""The gate ``contract``: who takes the champion's place must take and answer what it does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf
from mlflow.tracking import MlflowClient

from components.model_card import SIGNATURE_KEY
from components.model_folder import FUNCTION_TYPE, ModelFolder
from components.model_promotion.config import ModelPromotionConfig as Config
from components.model_promotion.contract_gate import check_against_champion
from components.model_promotion.promote import Candidate, promote
from components.model_promotion.record import GateRow, Promotion
from components.model_promotion.registry import aliases
from components.signature_contract import write_function_type
from noria.errors import DataError
from noria.files import read_json, write_json
from tests.components.model_promotion.conftest import MakeCandidate, start_run

ONE_MORE = "float32[1, 9]"
SETTING = "promotion.contract_may_change"


def gate(promotion: Promotion) -> GateRow:
    (row,) = [row for row in promotion.gates if row.name == "contract"]
    return row


def with_function_type(candidate: Candidate, folder: Path) -> Candidate:
    shutil.copytree(candidate.model.path, folder)
    loaded = tf.saved_model.load(str(folder / "saved_model"))
    write_function_type(folder, loaded.signatures[SIGNATURE_KEY])
    return replace(candidate, model=ModelFolder.load(folder))


@pytest.fixture
def wider(candidate: MakeCandidate, tmp_path: Path) -> Callable[..., Candidate]:
    """A candidate whose card has one more feature."""

    def make(**options: object) -> Candidate:
        given = candidate(1, 0.9, **options)
        shutil.copytree(given.model.path, tmp_path / "wider")
        card = read_json(tmp_path / "wider" / "model.json")
        card["signature"]["inputs"]["zeta"]["shape"] = [1, 9]
        write_json(tmp_path / "wider" / "model.json", card)
        return replace(given, model=ModelFolder.load(tmp_path / "wider"))

    return make


def test_the_first_champion_sets_it_and_the_same_again_holds(
    home: Path, candidate: MakeCandidate, config: Config, tmp_path: Path
) -> None:
    assert home.is_dir()
    assert gate(promote(with_function_type(candidate(), tmp_path / "a"), config)).note == "no champion yet"
    row = gate(promote(with_function_type(candidate(1, 0.9, ("1", 0.8)), tmp_path / "b"), config))
    assert (row.passed, row.note) == (True, "champion version 1")


def test_a_model_that_differs_is_not_promoted(
    client: MlflowClient, candidate: MakeCandidate, config: Config, wider: Callable[..., Candidate]
) -> None:
    promote(candidate(), config)
    promotion = promote(wider(champion=("1", 0.8)), config)
    assert not promotion.promoted
    assert f"differs from champion version 1: input zeta: float32[1, 8] -> {ONE_MORE}" in promotion.reason
    assert "contract_may_change=true lets it" in gate(promotion).note
    assert aliases(client, "toy")["champion"] == "1"


def test_the_configuration_may_let_it(
    home: Path, candidate: MakeCandidate, config: Config, wider: Callable[..., Candidate]
) -> None:
    assert home.is_dir()
    promote(candidate(), config)
    open_config = config.model_copy(update={"contract_may_change": True})
    promotion = promote(wider(champion=("1", 0.8)), open_config)
    assert promotion.promoted
    assert f"-> {ONE_MORE}" in gate(promotion).note
    assert "which contract_may_change allows" in gate(promotion).note


def test_champions_of_old_are_compared_by_their_card(
    home: Path, candidate: MakeCandidate, config: Config, tmp_path: Path
) -> None:
    assert home.is_dir()
    promote(candidate(), config)
    row = gate(promote(with_function_type(candidate(1, 0.9, ("1", 0.8)), tmp_path / "b"), config))
    assert row.passed
    assert row.note == f"champion version 1 (version 1 without {FUNCTION_TYPE}: compared by the card)"


def test_a_file_that_is_gone_breaks_it(home: Path, candidate: MakeCandidate, config: Config) -> None:
    assert home.is_dir()
    promote(candidate(), config)
    row = gate(promote(candidate(1, 0.9, ("1", 0.8), tflite=False), config))
    assert not row.passed
    assert "TFLite file: there is one -> none" in row.note


def test_a_champion_of_another_kind_cannot_be_compared(
    client: MlflowClient,
    candidate: MakeCandidate,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    promote(candidate(), config)
    run = start_run(client, home, monkeypatch)
    (tmp_path / "note.txt").write_text("no model")
    client.log_artifact(run, str(tmp_path / "note.txt"), "other")
    source = f"{client.get_run(run).info.artifact_uri}/other"
    version = client.create_model_version("toy", source, run).version
    client.set_registered_model_alias("toy", "champion", version)
    row = gate(promote(candidate(1, 0.9, (str(version), 0.8)), config))
    assert (row.passed, row.state) == (False, "not run")
    assert f"version {version} of toy holds no artifacts/model/model.json" in row.note


def test_a_model_is_checked_before_it_scores(
    home: Path, candidate: MakeCandidate, config: Config, wider: Callable[..., Candidate]
) -> None:
    assert home.is_dir()
    given, other = candidate(1), wider()
    check_against_champion("toy", other.model.path, other.tflite, SETTING)  # There is no champion yet.
    promote(candidate(), config)
    check_against_champion("toy", given.model.path, given.tflite, SETTING)
    with pytest.raises(DataError, match=r"input zeta: float32\[1, 8\] -> float32\[1, 9\]") as error:
        check_against_champion("toy", other.model.path, other.tflite, SETTING)
    assert f"--set {SETTING}=true" in str(error.value.hint)
