"""A whole export: from a TrainedModel folder to a file that answers like the model."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components import tracking
from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import SavedModelRunner
from components.tflite_export import measure as measure_module
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.convert import convert, precision_metadata
from components.tflite_export.executor import Executor
from components.tflite_export.export import export
from components.tflite_export.record import ExportRecord
from components.tflite_runner import HalfPrecisionRunner, TfliteRunner
from noria.errors import DataError, NoriaError
from noria.files import read_json, write_json
from tests.components.saved_models import TwoInputs, save_two_inputs

CONFIG = TfliteExportConfig(formats=("fp16",), latency_runs=3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return save_two_inputs(tmp_path_factory.mktemp("model"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_the_file_answers_like_the_model(model: ModelFolder, out: Path) -> None:
    record = export(model, CONFIG, out).record
    data = (out / "model.tflite").read_bytes()
    assert record == ExportRecord.load(out)
    assert record.sha256 == hashlib.sha256(data).hexdigest()
    assert record.metrics["tflite_bytes"] == len(data)
    assert record.metrics["tflite_agreement"] == 1.0
    # Rounding weights to half precision shows, but stays small; FP16 arithmetic adds to it.
    assert (
        0
        < record.metrics["tflite_max_difference"]
        < record.metrics["tflite_half_precision_max_difference"]
        < 0.05
    )
    assert record.fp16_exact is True
    assert record.differences.keys() == {"logits", "hidden"}
    runner, reference = TfliteRunner(data), SavedModelRunner(model.saved_model)
    for index in range(5):
        sample = {name: array[index] for name, array in model.examples().items()}
        np.testing.assert_allclose(runner(sample)["logits"], reference(sample)["logits"], atol=0.02)


def test_runners_take_inputs_by_name_in_any_order(model: ModelFolder) -> None:
    data = convert(model.saved_model, "fp16")
    sample = {name: array[0] for name, array in model.examples().items()}
    backwards = dict(reversed(sample.items()))
    for runner in (TfliteRunner(data), HalfPrecisionRunner(data, model.card.signature)):
        np.testing.assert_array_equal(runner(sample)["logits"], runner(backwards)["logits"])


def test_fp32_on_request(model: ModelFolder, out: Path) -> None:
    record = export(model, TfliteExportConfig(formats=("fp32",), choose="fp32", latency_runs=3), out).record
    assert precision_metadata((out / "model.tflite").read_bytes()) is None
    assert record.metrics["tflite_max_difference"] < 1e-5


def test_only_so_many_samples_are_run(model: ModelFolder, out: Path) -> None:
    assert (
        export(
            model, TfliteExportConfig(formats=("fp16",), max_examples=7, latency_runs=3), out
        ).record.examples
        == 7
    )


def test_the_fp16_run_can_be_left_out(model: ModelFolder, out: Path) -> None:
    record = export(
        model, TfliteExportConfig(formats=("fp16",), check_fp16=False, latency_runs=3), out
    ).record
    assert "tflite_half_precision_agreement" not in record.metrics
    assert record.fp16_exact is None


def test_regression(tmp_path: Path, out: Path) -> None:
    record = export(save_two_inputs(tmp_path / "model", task="regression"), CONFIG, out).record
    assert record.metrics["tflite_agreement"] == 1.0


def test_nan_weights_are_refused(tmp_path: Path, out: Path) -> None:
    broken = save_two_inputs(tmp_path / "model", TwoInputs(weights=lambda w: w * np.nan))
    with pytest.raises(NoriaError, match=r"the SavedModel .* answers NaN or infinity in output 'logits'"):
        export(broken, CONFIG, out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (lambda w: np.zeros_like(w), "the conversion lost weights"),
        (lambda w: w * np.nan, r"the exported fp16 file answers NaN .* 'logits' for 40 of 40"),
    ],
)
def test_lost_weights_are_noticed(
    model: ModelFolder,
    tmp_path: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    weights: object,
    words: str,
) -> None:
    lost = save_two_inputs(tmp_path / "lost", TwoInputs(weights=weights))  # type: ignore[arg-type]
    data = convert(lost.saved_model, "fp16")
    monkeypatch.setattr(measure_module, "convert", lambda *_, **__: data)
    with pytest.raises(NoriaError, match=words):
        export(model, CONFIG, out)
    assert list(out.iterdir()) == []


def test_values_beyond_half_precision_are_refused(tmp_path: Path, out: Path) -> None:
    large = save_two_inputs(tmp_path / "model", TwoInputs(weights=lambda w: np.sign(w) * 60000))
    with pytest.raises(NoriaError, match="in FP16 arithmetic answers NaN or infinity") as error:
        export(large, CONFIG, out)
    assert "65504" in error.value.hint


def test_a_card_that_promises_something_else_is_refused(tmp_path: Path, out: Path) -> None:
    model = save_two_inputs(tmp_path / "model")
    card = read_json(model.path / "model.json")
    card["signature"]["outputs"]["hidden"]["shape"] = [1, 9]
    write_json(model.path / "model.json", card)
    with pytest.raises(DataError, match=r"promises .*float32\[1, 9\].*has .*float32\[1, 8\]"):
        export(ModelFolder.load(model.path), CONFIG, out)


def test_the_executor_reports(model: ModelFolder, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = out.parent / "journal.jsonl"
    monkeypatch.setenv(tracking.JOURNAL_VARIABLE, str(journal))
    with tracking.recording({"tflite": out}):
        Executor().run(CONFIG, {"model": model.path}, {"tflite": out})
    text = journal.read_text()
    for name in (
        "tflite_agreement",
        "tflite_max_difference",
        "tflite_half_precision_agreement",
        "tflite_half_precision_max_difference",
        "tflite_bytes",
        "tflite_latency_ms",
    ):
        assert f'"name": "{name}"' in text
    report = (out / "report.html").read_text()
    assert "data:image/png;base64" in report
    assert "two_inputs" in report


KERAS_3 = """
import sys
from pathlib import Path
import keras, numpy as np, tensorflow as tf
assert keras.__version__.startswith("3.")
keras.utils.set_random_seed(3)
model = keras.Sequential([
    keras.layers.Input((6, 6, 1)), keras.layers.Conv2D(4, 3, activation="relu"),
    keras.layers.BatchNormalization(), keras.layers.Flatten(), keras.layers.Dense(3),
])
signature = [tf.TensorSpec([1, 6, 6, 1], tf.float32, name="image")]
model.export(sys.argv[1], input_signature=signature, verbose=False)
image = np.random.default_rng(0).normal(size=(20, 1, 6, 6, 1)).astype("float32")
np.save(sys.argv[2], image)
np.save(sys.argv[3], np.stack([model(x).numpy() for x in image]))
"""


@pytest.mark.slow
def test_a_keras_3_model(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from components.model_card import ModelCard
    from components.saved_model import read_signature

    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "0")
    folder = tmp_path / "model"
    images, answers = tmp_path / "images.npy", tmp_path / "answers.npy"
    subprocess.run(
        [sys.executable, "-c", KERAS_3, folder / "saved_model", images, answers],
        check=True,
        capture_output=True,
    )
    signature = read_signature(folder / "saved_model")
    (name,), (output,) = signature.inputs, signature.outputs
    card = ModelCard(name="conv", keras=3, task="classification", primary_output=output, signature=signature)
    model = save_model_folder(folder, card, {name: np.load(images)})
    record = export(model, CONFIG, out).record
    assert record.metrics["tflite_agreement"] == 1.0
    runner = TfliteRunner((out / "model.tflite").read_bytes())
    got = np.stack([runner({name: image})[output] for image in np.load(images)])
    np.testing.assert_allclose(got, np.load(answers), atol=0.02)
