"""The step from folders to folders, and what classifiers are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components import tracking
from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord
from components.field_ingest.field_set import FieldSet
from components.model_folder import ModelFolder
from components.spectral_evaluation import executor as module
from components.spectral_evaluation.baselines import fit_baselines, fit_shifted, majority
from components.spectral_evaluation.classifier import load_classifier
from components.spectral_evaluation.component import SpectralEvaluation
from components.spectral_evaluation.config import SpectralEvaluationConfig
from components.spectral_evaluation.executor import Executor
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.images import apply, labelled_images
from components.spectral_training.save_model import save_classifier
from components.spectral_training.spectral_transform import SpectralTransform
from components.spectral_training.train import Labelled
from noria.errors import DataError
from tests.components.saved_models import save_two_inputs
from tests.components.spectral_evaluation.test_denoising import smooth
from tests.components.spectral_training import test_executor as training
from tests.components.spectral_training.folders import (
    CLASSES,
    DEFINITION,
    HEIGHT,
    WIDTH,
    write_features,
    write_fields,
)

# Two trainings, and each evaluation traces its graphs.
pytestmark = pytest.mark.slow

SMALL = {
    "mesh": {"devices": 1},
    "draws": 200,
    "shifted_copies": 1,
    "denoising": {
        "noise": [0.1],
        "crop": 32,
        "wiener_strengths": [1.0],
        "threshold_strengths": [1.0],
        "wavelet_factors": [1.0],
    },
}

SMALL_TRAINING = SpectralTrainingConfig.model_validate(training.SMALL | {"dropouts": [0.0]})


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sources")
    fields = write_fields(root / "fields", {f"field{n}": smooth(n) for n in range(3)})
    features = write_features(root / "features", fields)
    return {"fields": fields, "features": features, **training.run(root / "out", fields, features)}


def evaluate(root: Path, sources: dict[str, Path], **config: Any) -> Path:
    folder = root / "evaluation"
    folder.mkdir(parents=True)
    with tracking.recording({"evaluation": folder}):
        settings = SpectralEvaluationConfig.model_validate(SMALL | config)
        Executor().run(settings, sources, {"evaluation": folder})
    return folder


def tracked(folder: Path) -> dict[str, float]:
    records = [json.loads(line) for line in (folder / tracking.RECORDS).read_text().splitlines()]
    return {r["name"]: r["value"] for r in records if r["kind"] == "metric"}


@pytest.fixture(scope="module")
def evaluated(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate(tmp_path_factory.mktemp("evaluated"), sources)


def test_record(evaluated: Path) -> None:
    record = EvaluationRecord.load(evaluated)
    names = {
        "raw_pixels",
        "shifted_pixels",
        "majority",
        "nearest_neighbours",
        "logistic_regression",
        "feature_regression",
    }
    assert set(record.baselines) == names
    assert all(set(metrics) == set(record.metrics) for metrics in record.baselines.values())
    assert len(record.metrics) == 3 * 6
    assert (record.data_digest, record.champion) == ("abc", None)
    # Stripes are anywhere already, so a circular shift is none.
    assert (record.metrics["test_accuracy"] or 0) >= 0.95
    assert record.metrics["circular_accuracy"] == pytest.approx(record.metrics["test_accuracy"], abs=0.02)
    assert (record.baselines["feature_regression"]["test_accuracy"] or 0) >= 0.95
    assert record.baselines["majority"]["test_accuracy"] == pytest.approx(1 / 3)
    difference = record.details["accuracy_over_raw_pixels"]["test"]
    raw = record.baselines["raw_pixels"]["test_accuracy"] or 0
    assert difference["difference"] == pytest.approx((record.metrics["test_accuracy"] or 0) - raw)
    assert [row["name"] for row in record.details["per_class"]] == list(CLASSES)
    assert len(record.details["denoising"]) == 3 * 5


def test_report_and_metrics(evaluated: Path) -> None:
    page = (evaluated / "report.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    pictures = {path.name for path in evaluated.glob("*.png")}
    assert pictures == {
        *("accuracy.png", "confusion_spectral.png", "confusion_raw_pixels.png"),
        *("psnr.png", "ssim.png", "error_maps.png", "spectra.png"),
    }
    assert page.count("<img") == len(pictures)
    found = tracked(evaluated)
    assert found["test_images"] == 90
    assert found["denoise_spectral_wiener_psnr"] > found["denoise_noisy_psnr"] + 5
    assert {"circular_accuracy_over_raw", "baseline_raw_pixels_filled_accuracy"} <= set(found)


def test_the_same_inputs_give_the_same_files(
    sources: dict[str, Path], evaluated: Path, tmp_path: Path
) -> None:
    again = evaluate(tmp_path, sources)
    for file in ("evaluation.json", "report.html"):
        assert (again / file).read_bytes() == (evaluated / file).read_bytes()


def test_the_champion_sees_the_same_images(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def result(name: str, scratch: Path, measure: Any) -> ChampionResult:
        assert (name, scratch) == ("stripes", tmp_path)
        return ChampionResult(version="7", metrics=measure(ModelFolder.load(sources["raw_model"])))

    monkeypatch.setattr(module, "champion_result", result)
    folder = evaluate(tmp_path, sources, registered_model="stripes", baselines=False, denoising={"noise": []})
    record = EvaluationRecord.load(folder)
    assert isinstance(record.champion, ChampionResult)
    assert record.champion.metrics == record.baselines["raw_pixels"]
    assert set(record.baselines) == {"raw_pixels", "majority"}
    page = (folder / "report.html").read_text()
    assert "champion (version 7)" in page
    assert "no noise level is configured" in page
    assert tracked(folder)["champion_circular_accuracy"] == record.champion.metrics["circular_accuracy"]


def test_an_unreachable_champion_and_missing_fields_are_told(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ChampionUnreachable(unreachable="the registry sleeps")
    monkeypatch.setattr(module, "champion_result", lambda *_: gone)
    fields = write_fields(tmp_path / "fields")
    folder = evaluate(tmp_path, sources | {"fields": fields}, registered_model="stripes", baselines=False)
    page = (folder / "report.html").read_text()
    assert "the registry sleeps" in page
    assert "0 field(s) can be judged" in page
    record = EvaluationRecord.load(folder)
    assert record.champion == gone
    assert record.details["denoising"] == []


def test_baselines_choose_on_validation_and_never_see_test(sources: dict[str, Path]) -> None:
    images = labelled_images(FieldSet.load(sources["fields"]), (HEIGHT, WIDTH))
    transform = SpectralTransform(DEFINITION, (HEIGHT, WIDTH))
    fitted = fit_baselines(
        images["train"], images["valid"], 3, lambda some: apply(transform, some), (1, 1000), 0
    )
    fitted["shifted_pixels"] = fit_shifted(images["train"], images["valid"], 3, 4, SMALL_TRAINING)
    test = images["test"]
    right = {name: (one(test.inputs) == test.labels).mean() for name, one in fitted.items()}
    # All training images as neighbours would be the majority class: 1 / 3.
    assert right["nearest_neighbours"] > 0.4
    assert right["feature_regression"] > 0.95
    assert right["shifted_pixels"] > 0.4
    assert (majority(images["train"])(test.inputs) == 0).all()


def test_other_models_are_refused(sources: dict[str, Path], tmp_path: Path) -> None:
    model = ModelFolder.load(sources["model"])
    with pytest.raises(DataError, match="takes"):
        load_classifier(model, (HEIGHT, WIDTH + 1), CLASSES)
    with pytest.raises(DataError, match="tells the classes"):
        load_classifier(model, (HEIGHT, WIDTH), CLASSES[::-1])
    with pytest.raises(DataError, match="takes"):
        load_classifier(save_two_inputs(tmp_path), (HEIGHT, WIDTH), CLASSES)


class LogOfMean(tf.Module):
    """Logits that are -inf for a black image."""

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        return tf.tile(tf.math.log(tf.reduce_mean(images, axis=[1, 2]))[:, None], [1, len(CLASSES)])


def test_logits_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    images = np.stack([np.zeros((HEIGHT, WIDTH)), np.ones((HEIGHT, WIDTH))]).astype(np.float32)
    rows = Labelled(images, np.array([0, 1]))
    save_classifier(tmp_path, "log", LogOfMean(), rows, images, CLASSES, 2, {})
    classify = load_classifier(ModelFolder.load(tmp_path), (HEIGHT, WIDTH), CLASSES)
    assert (classify(images[1:]) == 0).all()
    with pytest.raises(DataError, match="1 of 2 images"):
        classify(images)


def test_component_connects() -> None:
    assert set(SpectralEvaluation.SPEC_CLASS.INPUTS) == {"fields", "features", "model", "raw_model"}
    assert set(SpectralEvaluation.SPEC_CLASS.OUTPUTS) == {"evaluation"}
