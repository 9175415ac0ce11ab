"""The contract of a TrainedModel folder, without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.model_card import ModelCard, Signature, TensorSpec
from components.model_folder import ModelFolder, save_model_folder
from noria.errors import ConfigError, DataError
from noria.files import read_json, write_json


def card(**changes: Any) -> ModelCard:
    fields: dict[str, Any] = {
        "name": "toy",
        "task": "classification",
        "primary_output": "logits",
        "signature": Signature(
            inputs={
                "x": TensorSpec(shape=(1, 3), dtype="float32"),
                "ids": TensorSpec(shape=(2,), dtype="int32"),
            },
            outputs={"logits": TensorSpec(shape=(1, 2), dtype="float32")},
        ),
        "classes": ("no", "yes"),
    }
    return ModelCard(**{**fields, **changes})


def examples(count: int = 4) -> dict[str, np.ndarray]:
    return {"x": np.ones((count, 1, 3), np.float32), "ids": np.ones((count, 2), np.int32)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").write_bytes(b"")
    return tmp_path


def test_round_trip(folder: Path) -> None:
    save_model_folder(folder, card(facts={"epochs": 3}), examples())
    loaded = ModelFolder.load(folder)
    assert loaded.card == card(facts={"epochs": 3})
    assert loaded.saved_model == folder / "saved_model"
    np.testing.assert_array_equal(loaded.examples()["ids"], examples()["ids"])
    assert loaded.examples(limit=3)["x"].shape == (3, 1, 3)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x": None}, r"lack the input\(s\) x"),
        ({"more": np.ones((4, 1), np.float32)}, "no input for"),
        ({"x": np.ones((4, 3), np.float32)}, r"'x': expected float32\[examples, 1, 3\], got float32\[4, 3\]"),
        ({"x": np.ones((4, 1, 3), np.float64)}, "got float64"),
        ({"ids": np.ones((4, 2), np.int64)}, "got int64"),
        ({"ids": np.ones((5, 2), np.int32)}, "one equal, positive number per input"),
        ({"ids": np.int32(1)}, "got int32"),
    ],
)
def test_examples_that_do_not_fit_are_refused(folder: Path, changed: dict[str, Any], words: str) -> None:
    wrong = {k: v for k, v in {**examples(), **changed}.items() if v is not None}
    with pytest.raises(DataError, match=words):
        save_model_folder(folder, card(), wrong)
    assert not (folder / "model.json").exists()


def test_labels_and_calibration_round_trip(folder: Path) -> None:
    labels, known = np.array([0, 1, 1, 0]), np.array([1, 1, 0, 0, 1, 0, 1])
    samples = {"calibration": examples(7), "calibration_labels": known}
    model = save_model_folder(folder, card(), examples(), labels=labels, **samples)
    np.testing.assert_array_equal(model.labels(3), labels[:3])
    np.testing.assert_array_equal(model.calibration_labels(5), known[:5])
    np.testing.assert_array_equal(model.calibration_labels(), known)
    calibration = model.calibration(5)
    assert calibration is not None
    assert {name: array.shape for name, array in calibration.items()} == {"x": (5, 1, 3), "ids": (5, 2)}


def test_a_second_save_leaves_nothing_of_the_first(folder: Path) -> None:
    samples = {"calibration": examples(7), "calibration_labels": np.zeros(7, np.int64)}
    save_model_folder(folder, card(), examples(), labels=np.zeros(4, np.int64), **samples)
    model = save_model_folder(folder, card(), examples(5))
    assert model.labels() is None
    assert model.calibration() is None
    assert model.calibration_labels() is None


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(3, np.int64), "3 for 4 examples"),
        (np.zeros(4, np.int32), r"expected int64\[examples\], got int32\[4\]"),
        (np.zeros((4, 1), np.int64), r"got int64\[4, 1\]"),
        (np.array([0, 1, 2, 0]), "classes from 0 to 2, expected 0 to 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused(folder: Path, labels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        save_model_folder(folder, card(), examples(), labels=labels)
    assert not (folder / "model.json").exists()


@pytest.mark.parametrize(
    ("labels", "samples", "words"),
    [
        (np.zeros(4, np.int64), examples(7), "calibration samples: 4 for 7 calibration samples"),
        (np.zeros(7, np.int32), examples(7), "toy's calibration samples: expected int64"),
        (np.full(7, 2), examples(7), "classes from 2 to 2, expected 0 to 1"),
        (np.zeros(7, np.int64), None, "7 for 0 calibration samples"),
    ],
)
def test_calibration_labels_that_do_not_fit_are_refused(
    folder: Path, labels: np.ndarray, samples: Any, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        save_model_folder(folder, card(), examples(), calibration=samples, calibration_labels=labels)
    assert not (folder / "model.json").exists()


def test_calibration_labels_are_checked_when_they_are_read(folder: Path) -> None:
    known = np.zeros(7, np.int64)
    model = save_model_folder(folder, card(), examples(), calibration=examples(7), calibration_labels=known)
    np.save(folder / "calibration_labels.npy", known[:6])
    with pytest.raises(DataError, match="6 for 7 calibration samples"):
        model.calibration_labels(2)


def test_labels_of_a_regression_have_the_outputs_shape(folder: Path) -> None:
    values = np.full((4, 1, 2), 0.5, np.float32)
    model = save_model_folder(folder, card(task="regression"), examples(), labels=values)
    np.testing.assert_array_equal(model.labels(2), values[:2])
    with pytest.raises(DataError, match=r"expected float32\[examples, 1, 2\]"):
        save_model_folder(folder, card(task="regression"), examples(), labels=values[:, :, :1])
    with pytest.raises(DataError, match="not finite"):
        save_model_folder(folder, card(task="regression"), examples(), labels=values * np.nan)


def test_calibration_samples_that_do_not_fit_are_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"calibration samples lack the input\(s\) ids"):
        save_model_folder(folder, card(), examples(), calibration={"x": examples()["x"]})
    save_model_folder(folder, card(), examples(), calibration=examples())
    (folder / "calibration" / "ids.npy").unlink()
    with pytest.raises(DataError, match=r"calibration/ids\.npy is missing"):
        ModelFolder.load(folder).calibration()


def test_no_examples_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="positive number"):
        save_model_folder(folder, card(), examples(0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"primary_output": "scores"}, "none of"),
        ({"classes": ("a", "b", "c")}, "3 classes"),
        (
            {
                "signature": Signature(
                    inputs=card().signature.inputs,
                    outputs={"logits": TensorSpec(shape=(1, 1), dtype="float32")},
                )
            },
            "column per class",
        ),
    ],
)
def test_cards_that_contradict_themselves_are_refused(
    folder: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        save_model_folder(folder, card(**changes), examples())


def test_a_file_that_was_taken_away_is_named(folder: Path) -> None:
    save_model_folder(folder, card(), examples())
    (folder / "examples" / "ids.npy").unlink()
    with pytest.raises(DataError, match=r"ids\.npy is missing"):
        ModelFolder.load(folder).examples()


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no model\.json"):
        ModelFolder.load(tmp_path)


def test_a_missing_saved_model_is_named(folder: Path) -> None:
    save_model_folder(folder, card(), examples())
    (folder / "saved_model" / "saved_model.pb").unlink()
    with pytest.raises(DataError, match=r"no saved_model\.pb"):
        ModelFolder.load(folder)


def test_an_unknown_key_in_the_card_is_refused(folder: Path) -> None:
    save_model_folder(folder, card(), examples())
    write_json(folder / "model.json", {**read_json(folder / "model.json"), "clases": ["a"]})
    with pytest.raises(ConfigError, match="did you mean classes"):
        ModelFolder.load(folder)
