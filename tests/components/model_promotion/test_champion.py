"""champion_result: a champion that is measured, that is not there, that cannot be reached or run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.model_folder import ModelFolder
from components.model_promotion import champion as module
from components.model_promotion.champion import Champion, champion_result
from components.model_promotion.registry import RegistryError
from noria.errors import DataError
from tests.components.forecast_evaluation.folders import write_model


def found(name: str, destination: Path) -> Champion:
    write_model(destination / "model", name)
    return Champion("3", ModelFolder.load(destination / "model"))


def measured(model: ModelFolder) -> Metrics:
    assert model.saved_model.is_dir()
    return {"wape": 0.25}


def test_it_is_measured_and_its_download_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_champion", found)
    assert champion_result("m", tmp_path, measured) == ChampionResult(version="3", metrics={"wape": 0.25})
    assert not list(tmp_path.iterdir())


def raising(error: Exception) -> Callable[..., Any]:
    """A function that always raises."""

    def fail(*_: object) -> None:
        raise error

    return fail


def test_no_name_and_no_champion_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_champion", raising(AssertionError("nothing was to be looked for")))
    assert champion_result("", tmp_path, measured) is None
    monkeypatch.setattr(module, "find_champion", lambda *_: None)
    assert champion_result("m", tmp_path, measured) is None


def test_a_registry_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_champion", raising(RegistryError("no answer", hint="start it")))
    assert champion_result("m", tmp_path, measured) == ChampionUnreachable(unreachable="no answer")


def test_a_champion_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_champion", found)
    refused = raising(DataError("other features"))
    assert champion_result("m", tmp_path, refused) == ChampionUnreachable(unreachable="other features")
    with pytest.raises(RuntimeError):
        champion_result("m", tmp_path, raising(RuntimeError("a bug")))
