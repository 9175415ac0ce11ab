"""The step from folders to folders: both models, their folders, exported files and errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components import tracking
from components.field_ingest.field_set import FieldSet
from components.model_folder import ModelFolder
from components.saved_model import SavedModelRunner
from components.signature_contract import contract_of
from components.spectral_training.component import SpectralTraining
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.executor import Executor
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from noria.errors import DataError, NoriaError
from tests.components.spectral_training.folders import CLASSES, HEIGHT, WIDTH, write_features, write_fields

# Trainings, and an export.
pytestmark = pytest.mark.slow

SMALL = {"parameters": 2000, "dropouts": [0.0, 0.1], "epochs": 8, "learning_rate": 0.01, "examples": 50}


def run(root: Path, fields: Path, features: Path, **config: Any) -> dict[str, Path]:
    outputs = {name: root / name for name in ("model", "raw_model")}
    for folder in outputs.values():
        folder.mkdir(parents=True)
    with tracking.recording(outputs):
        settings = SpectralTrainingConfig.model_validate(SMALL | config)
        Executor().run(settings, {"fields": fields, "features": features}, outputs)
    return outputs


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("sources")
    fields = write_fields(root / "fields")
    return fields, write_features(root / "features", fields)


@pytest.fixture(scope="module")
def trained(sources: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return run(tmp_path_factory.mktemp("out"), *sources)


@pytest.mark.parametrize("output", ["model", "raw_model"])
def test_folder(trained: dict[str, Path], sources: tuple[Path, Path], output: str) -> None:
    model = ModelFolder.load(trained[output])
    card = model.card
    assert card.signature.inputs["image"].shape == (1, HEIGHT, WIDTH)
    assert card.signature.outputs["logits"].shape == (1, len(CLASSES))
    assert (card.task, card.primary_output, card.keras, card.classes) == (
        "classification",
        "logits",
        2,
        CLASSES,
    )
    assert 1000 < card.facts["parameters"] <= 2000
    assert contract_of(model, None).parameters == {"image": f"float32[1, {HEIGHT}, {WIDTH}]"}
    images, labels = FieldSet.load(sources[0]).images("test")
    examples, kept = model.examples()["image"][:, 0], model.labels()
    assert kept is not None
    assert len(examples) == len(kept) == 50
    at = [int(np.flatnonzero((images == example).all(axis=(1, 2)))[0]) for example in examples]
    assert len(set(at)) == 50
    assert (labels[at] == kept).all()
    valid, classes = FieldSet.load(sources[0]).images("valid")
    calibration, known = model.calibration(), model.calibration_labels()
    assert calibration is not None
    assert known is not None
    of = {image.tobytes(): label for image, label in zip(valid, classes, strict=True)}
    assert [of[image.tobytes()] for image in calibration["image"][:, 0]] == known.tolist()
    assert {a.tobytes() for a in calibration["image"][:, 0]} == {a.tobytes() for a in valid}


def test_one_image_and_many_agree_and_the_stripes_were_learned(
    trained: dict[str, Path], sources: tuple[Path, Path]
) -> None:
    images, labels = FieldSet.load(sources[0]).images("test")
    for output, least in (("model", 0.95), ("raw_model", 0.4)):
        saved = trained[output] / "saved_model"
        many = (
            tf.saved_model.load(str(saved)).signatures["batch"](image=tf.constant(images))["logits"].numpy()
        )
        one = SavedModelRunner(saved)
        for image, logits in zip(images[:5], many, strict=False):
            assert one({"image": image[None]})["logits"][0] == pytest.approx(logits, abs=1e-4)
        assert (many.argmax(axis=1) == labels).mean() >= least


def test_what_is_reported(trained: dict[str, Path]) -> None:
    records = [json.loads(line) for line in (trained["model"] / tracking.RECORDS).read_text().splitlines()]
    results = {r["name"]: r["value"] for r in records if r["kind"] == "metric" and r["epoch"] is None}
    assert results["features_max_difference"] < 1e-4
    assert results["kept_valid_accuracy"] > results["raw_kept_valid_accuracy"]
    epochs = [r["epoch"] for r in records if r.get("name") == "raw_valid_loss"]
    assert epochs == list(range(1, len(epochs) + 1))
    page = (trained["model"] / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<img") == 1


def test_the_saved_weights_are_those_of_the_kept_epoch(
    trained: dict[str, Path], sources: tuple[Path, Path]
) -> None:
    images, labels = FieldSet.load(sources[0]).images("valid")
    saved = tf.saved_model.load(str(trained["model"] / "saved_model")).signatures["batch"]
    found = (saved(image=tf.constant(images))["logits"].numpy().argmax(axis=1) == labels).mean()
    assert ModelFolder.load(trained["model"]).card.facts["valid_accuracy"] == pytest.approx(found)


def test_features_of_other_images_are_refused(sources: tuple[Path, Path], tmp_path: Path) -> None:
    other = write_fields(tmp_path / "fields", seed=1)
    with pytest.raises(DataError, match="differ by up to") as caught:
        run(tmp_path / "out", other, sources[1])
    assert "spectral_features" in str(caught.value.hint)


def test_a_divergence_is_told(sources: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(NoriaError, match="diverged"):
        run(tmp_path / "out", *sources, learning_rate=1e30, dropouts=[0.0])


def test_component_connects() -> None:
    assert set(SpectralTraining.SPEC_CLASS.INPUTS) == {"fields", "features"}
    assert set(SpectralTraining.SPEC_CLASS.OUTPUTS) == {"model", "raw_model"}


def test_exported_file_agrees_at_half_precision(trained: dict[str, Path], tmp_path: Path) -> None:
    result = export(
        ModelFolder.load(trained["model"]),
        TfliteExportConfig(formats=("fp16",), max_examples=50, latency_runs=2),
        tmp_path,
    )
    found = {name: value for name, value in result.record.metrics.items() if "agree" in name}
    assert found
    assert min(found.values()) >= 0.98
