"""The whole spectral pipeline through the command line, on small fields, MLflow included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.evaluation_record import EvaluationRecord
from components.field_ingest.field_set import FieldSet
from components.spectral_evaluation.shifted import circular
from components.spectral_features.spectral_features import SpectralFeatures
from components.tflite_runner import TfliteRunner
from tests.whole_runs import Noria

CONFIG = Path(__file__).parent / "data" / "spectral-small.yaml"
STEPS = [
    "field_ingest",
    "spectral_features",
    "spectral_training",
    "tflite_export",
    "spectral_evaluation",
    "model_promotion",
]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def run(noria: Noria) -> Any:
    return noria.json("run", "spectral", "--config", str(CONFIG))


@pytest.fixture(scope="module")
def artifacts(run: Any) -> dict[str, Path]:
    return {name: Path(path) for name, path in run["artifacts"].items()}


def accuracy(file: TfliteRunner, images: np.ndarray, labels: np.ndarray) -> float:
    found = [int(file({"image": image[None]})["logits"].argmax()) for image in images]
    return float((np.array(found) == labels).mean())


def test_runs_to_the_end(run: Any) -> None:
    assert run["state"] == "succeeded"
    assert sorted(step["name"] for step in run["steps"]) == sorted(STEPS)
    assert {step["state"] for step in run["steps"]} == {"succeeded"}


def test_transforms_on_the_mesh_are_numpys(run: Any, artifacts: dict[str, Path]) -> None:
    assert run["metrics"]["fft_max_relative_error"] < 1e-5
    # Four devices; 97 columns leave some of the last one's empty.
    assert 0.25 <= run["metrics"]["memory_per_device_ratio"] < 0.27
    features, fields = SpectralFeatures.load(artifacts["features"]), FieldSet.load(artifacts["fields"])
    noisy, denoised, field = features.noisy("camera"), features.denoised("camera"), fields.field("camera")
    assert np.square(denoised - field).mean() < np.square(noisy - field).mean() / 2


def test_the_exported_file_takes_images_and_is_right_wherever_they_are_shifted(
    run: Any, artifacts: dict[str, Path]
) -> None:
    images, labels = FieldSet.load(artifacts["fields"]).images("test")
    file = TfliteRunner((artifacts["tflite"] / "model.tflite").read_bytes())
    shifts = np.random.default_rng(0).integers(0, 28, (2, len(images)))
    still = accuracy(file, images, labels)
    assert still == pytest.approx(run["metrics"]["test_accuracy"], abs=0.01)
    assert accuracy(file, circular(images, *shifts), labels) == pytest.approx(still, abs=0.01)
    assert run["metrics"]["baseline_raw_pixels_circular_accuracy"] < still - 0.3


def test_stands_beside_others(artifacts: dict[str, Path]) -> None:
    record = EvaluationRecord.load(artifacts["evaluation"])
    assert {"raw_pixels", "majority", "nearest_neighbours", "logistic_regression"} <= set(record.baselines)
    assert record.baselines["majority"]["test_accuracy"] == pytest.approx(0.1, abs=0.02)
    # What a gate may ask for, from the step before.
    assert (record.metrics["fft_max_relative_error"] or 1) < 1e-5


def test_promotes_by_its_gates(run: Any) -> None:
    (promotion,) = run["promotions"]
    assert promotion["promoted"] == all(gate["passed"] for gate in promotion["gates"])
    assert promotion["promoted"]


def test_is_cached_and_reports_open_without_a_network(noria: Noria, run: Any) -> None:
    again = noria.json("run", "spectral", "--config", str(CONFIG))
    assert all(step["cached"] for step in again["steps"])
    assert again["metrics"] == run["metrics"]
    pages = [Path(path).read_text() for path in run["reports"] if path.endswith(".html")]
    assert len(pages) >= len(STEPS)
    for page in pages:
        assert "https://" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")


def test_fewer_devices_than_the_mesh_asks_for_is_a_clear_error(noria: Noria) -> None:
    change = ["--set", "mesh={devices: 2, kind: GPU}"]
    told = noria("run", "spectral", "--config", str(CONFIG), *change, status=1)
    assert "GPU" in told
    assert "Traceback" not in told
