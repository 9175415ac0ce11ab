"""All formats of one model, converted and compared for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import SavedModelRunner
from components.tflite_export import measure as measure_module
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.convert import (
    FULL_HALF_PRECISION,
    HALF_PRECISION_WEIGHTS,
    convert,
    float_operators,
    has_int8_tensors,
    precision_metadata,
)
from components.tflite_export.export import Export, export
from components.tflite_export.formats import FORMATS
from components.tflite_export.record import ExportRecord, FormatRow
from components.tflite_export.report import write_report
from components.tflite_runner import TfliteRunner
from noria.errors import NoriaError
from noria.files import read_json, write_json
from tests.components.saved_models import TwoInputs, save_two_inputs, two_input_examples

ALL = TfliteExportConfig(latency_runs=2)


def with_samples(model: ModelFolder, wrong: int = 0) -> ModelFolder:
    """The same model with calibration samples, and labels of which it misses the first ``wrong``."""
    examples = {name: np.array(array) for name, array in model.examples().items()}
    runner, count = SavedModelRunner(model.saved_model), len(examples["ids"])
    samples = ({name: array[index] for name, array in examples.items()} for index in range(count))
    labels = np.array([runner(sample)["logits"].argmax() for sample in samples], np.int64)
    labels[:wrong] = (labels[:wrong] + 1) % 5
    calibration = two_input_examples(300, seed=5)
    return save_model_folder(model.path, model.card, examples, labels=labels, calibration=calibration)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return with_samples(save_two_inputs(tmp_path_factory.mktemp("model")), wrong=4)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def exported(model: ModelFolder, out: Path) -> Export:
    return export(model, ALL, out)


def rows(result: Export) -> dict[str, FormatRow]:
    return {row.format: row for row in result.record.formats}


def test_every_format_is_a_row(exported: Export, out: Path) -> None:
    found = rows(exported)
    assert tuple(found) == FORMATS
    assert [name for name, row in found.items() if row.chosen] == ["fp16"]
    sizes = {name: row.bytes or 0 for name, row in found.items()}
    assert max(sizes["int8"], sizes["int8_dynamic"]) < sizes["fp16"] == sizes["fp16_weights"] < sizes["fp32"]
    assert found["fp32"].max_difference == pytest.approx(0, abs=1e-5)
    assert found["fp16"].max_difference == found["fp16_weights"].max_difference
    assert (found["int8"].max_difference or 0) > (found["fp16"].max_difference or 0) > 1e-5
    assert ExportRecord.load(out) == exported.record


def test_loss_is_the_accuracy_lost(exported: Export) -> None:
    metrics = exported.record.metrics
    assert exported.record.task_metric_name == "accuracy"
    assert metrics["tflite_model_task_metric"] == 0.9
    for row in exported.record.formats:
        assert row.loss == pytest.approx(0.9 - (row.task_metric or 0), abs=1e-9)
    assert rows(exported)["fp32"].task_metric == 0.9


def test_metrics_of_the_chosen_and_of_every_format(exported: Export) -> None:
    metrics = exported.record.metrics
    for name in ("max_difference", "loss", "latency_ms"):
        assert metrics[f"tflite_{name}"] == getattr(rows(exported)["fp16"], name)
    for name in ("bytes", "agreement", "task_metric"):
        assert metrics[f"tflite_{name}"] == metrics[f"tflite_format_fp16_{name}"]
        assert {f"tflite_format_{format}_{name}" for format in FORMATS} <= metrics.keys()
    assert metrics["tflite_half_precision_agreement"] == rows(exported)["fp16"].half_agreement


def test_8_bit_files_are_not_run_in_half_precision(exported: Export) -> None:
    for name, row in rows(exported).items():
        assert (row.half_agreement is None) == name.startswith("int8") == bool(row.half_why_not)


def test_a_chosen_8_bit_file(model: ModelFolder, tmp_path: Path) -> None:
    config = TfliteExportConfig(formats=("int8",), choose="int8", latency_runs=2)
    result = export(model, config, tmp_path)
    assert result.record.format == "int8"
    assert result.record.fp16_exact is None
    assert "tflite_half_precision_agreement" not in result.record.metrics
    # The signature stays: floats at the outside, ids whole numbers.
    assert TfliteRunner((tmp_path / "model.tflite").read_bytes()).signature == model.card.signature
    write_report(result, tmp_path)
    report = (tmp_path / "report.html").read_text()
    assert "Not run with FP16 arithmetic forced: an 8-bit file is not marked for half precision." in report


def test_files_carry_the_precision_that_was_asked_for(model: ModelFolder) -> None:
    samples = model.calibration(20)
    files = {format: convert(model.saved_model, format, samples) for format in FORMATS}
    assert precision_metadata(files["fp16"]) == FULL_HALF_PRECISION
    assert precision_metadata(files["fp16_weights"]) == HALF_PRECISION_WEIGHTS
    assert {name for name, data in files.items() if has_int8_tensors(data)} == {"int8", "int8_dynamic"}
    assert convert(model.saved_model, "int8", samples) == files["int8"]


def test_without_calibration_samples_int8_is_a_row_that_says_so(tmp_path: Path) -> None:
    plain = save_two_inputs(tmp_path / "model")
    config = TfliteExportConfig(formats=("int8", "fp16"), latency_runs=2)
    found = rows(export(plain, config, tmp_path))
    assert found["int8"].why_not.startswith("there are no calibration samples")
    assert found["int8"].bytes is None
    # Neither labels: the loss is what disagrees.
    assert found["fp16"].task_metric is None
    assert found["fp16"].loss == 0.0
    asked = config.model_copy(update={"choose": "int8"})
    with pytest.raises(NoriaError, match="no calibration samples"):
        export(plain, asked, tmp_path)


def test_calibration_takes_only_calibration_samples(
    model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def spy(path: Path, format: Any, calibration: Any) -> bytes:
        seen.append(calibration)
        return convert(path, format, calibration)

    monkeypatch.setattr(measure_module, "convert", spy)
    config = TfliteExportConfig(formats=("int8",), choose="int8", latency_runs=1, max_calibration=7)
    export(model, config, tmp_path)
    # Spread over all: the first may be the earliest.
    spread = [0, 49, 99, 149, 199, 249, 299]
    np.testing.assert_array_equal(seen[0]["zeta"], two_input_examples(300, seed=5)["zeta"][spread])


def test_calibration_samples_that_are_no_numbers_leave_the_other_formats(tmp_path: Path) -> None:
    model = with_samples(save_two_inputs(tmp_path / "model"))
    file = model.path / "calibration" / "zeta.npy"
    broken = np.load(file)
    broken[0] = np.nan
    np.save(file, broken)
    told = "calibration samples of input 'zeta' hold NaN"
    rows = {row.format: row for row in export(model, ALL, tmp_path).record.formats}
    assert rows["int8"].bytes is None
    assert rows["int8"].why_not.startswith(told)
    assert rows["fp16"].bytes
    with pytest.raises(NoriaError, match=told):
        export(model, ALL.model_copy(update={"choose": "int8"}), tmp_path)


def test_values_beyond_half_precision_leave_the_other_formats(tmp_path: Path) -> None:
    large = save_two_inputs(tmp_path / "model", TwoInputs(weights=lambda w: np.sign(w) * 60000))
    settings: Any = {"formats": ("fp32", "fp16_weights", "fp16"), "choose": "smallest", "latency_runs": 2}
    result = export(large, TfliteExportConfig(**settings), tmp_path)
    found = rows(result)
    assert result.record.format == "fp16_weights"
    assert "answers NaN or infinity" in found["fp16"].why_not
    assert "answers NaN or infinity" in found["fp16_weights"].half_why_not
    assert "tflite_half_precision_agreement" not in result.record.metrics


def test_operators_without_an_8_bit_kernel_are_told(tmp_path: Path) -> None:
    module = tf.Module()
    module.serve = tf.function(
        lambda x: {"y": tf.math.cos(x) + x}, input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")]
    )
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": module.serve})
    samples = {"x": np.random.default_rng(0).normal(size=(5, 1, 4)).astype(np.float32)}
    assert float_operators(convert(tmp_path, "int8", samples)) == ("COS",)
    assert float_operators(convert(tmp_path, "fp32")) == ("ADD", "COS")
    with pytest.raises(NoriaError, match="quantized nothing"):
        convert(tmp_path, "int8_dynamic")


def test_regression_loses_a_share_of_the_error(tmp_path: Path) -> None:
    plain = save_two_inputs(tmp_path / "model", task="regression")
    examples = {name: np.array(array) for name, array in plain.examples().items()}
    labels = np.full((40, 1, 5), 3.0, np.float32)
    model = save_model_folder(plain.path, plain.card, examples, labels=labels)
    record = export(model, TfliteExportConfig(formats=("fp16",), latency_runs=1), tmp_path).record
    (row,) = record.formats
    before = record.metrics["tflite_model_task_metric"]
    worst = max(row.task_metric or 0, row.half_task_metric or 0)
    assert record.task_metric_name == "mean absolute error"
    assert row.loss == pytest.approx((worst - before) / before)


def test_the_report_shows_every_format(exported: Export, tmp_path: Path) -> None:
    write_report(exported, tmp_path)
    report = (tmp_path / "report.html").read_text()
    for format in FORMATS:
        assert f"<td>{format}</td>" in report
    assert "the configuration asks for it" in report
    assert "accuracy of the SavedModel on test samples: 0.9" in report
    # Nothing is decided by it: the configuration names the format.
    assert "accuracy lost, on 40 test examples" in report
    assert (tmp_path / "formats.png").read_bytes().startswith(b"\x89PNG")


def test_a_record_of_an_earlier_version_is_read(exported: Export, tmp_path: Path) -> None:
    exported.record.save(tmp_path)
    old = read_json(tmp_path / "export.json")
    for name in ("formats", "chosen_because", "task_metric_name", "judged_on", "judged_by"):
        del old[name]
    write_json(tmp_path / "export.json", old)
    assert ExportRecord.load(tmp_path).formats == ()
