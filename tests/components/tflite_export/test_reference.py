"""Which samples a format is chosen on: those of the validation split, never the reported ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import SavedModelRunner
from components.tflite_export import measure as measure_module
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.convert import convert
from components.tflite_export.export import Export, export
from components.tflite_export.record import FormatRow
from components.tflite_export.reference import JUDGED_SAMPLES, Reference, split
from components.tflite_export.report import write_report
from noria.errors import NoriaError
from tests.components.saved_models import ROWS, TwoInputs, save_two_inputs, two_input_examples

SMALLEST = TfliteExportConfig(formats=("fp32", "int8_dynamic"), choose="smallest", latency_runs=1)
WITH_INT8 = SMALLEST.model_copy(update={"formats": ("fp32", "int8")})


class HalfBroken(TwoInputs):
    """Right unless an id has the remainder ``broken`` by two."""

    def __init__(self, broken: int) -> None:
        super().__init__()
        table = self.table.numpy()
        # No larger numbers: they would cost the other rows their 8 bits.
        table[broken::2] *= -1
        self.table.assign(table)


def samples(remainder: int, count: int, seed: int) -> dict[str, np.ndarray]:
    """Samples with even or with odd ids only."""
    drawn = two_input_examples(count, seed)
    return {**drawn, "ids": drawn["ids"] // 2 * 2 + np.int32(remainder)}


def labels_of(model: ModelFolder, inputs: dict[str, np.ndarray]) -> np.ndarray:
    runner = SavedModelRunner(model.saved_model)
    found = [
        runner({"zeta": z, "ids": i})["logits"].argmax()
        for z, i in zip(inputs["zeta"], inputs["ids"], strict=True)
    ]
    return np.array(found, np.int64)


def model_with(
    folder: Path, calibration: int | None, *, known: bool = True, labels: bool = True
) -> ModelFolder:
    """Test examples have even ids, ``calibration`` samples odd ones; the model knows all labels."""
    plain = save_two_inputs(folder)
    examples = samples(0, 60, seed=1)
    others = samples(1, calibration, seed=2) if calibration else None
    return save_model_folder(
        folder,
        plain.card,
        examples,
        labels=labels_of(plain, examples) if labels else None,
        calibration=others,
        calibration_labels=labels_of(plain, others) if others and known else None,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return model_with(tmp_path_factory.mktemp("model"), 120)


def with_broken_8_bits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remainder: int) -> None:
    """8-bit files come from a model that is broken for ids of one remainder."""
    broken = save_two_inputs(tmp_path / "broken", HalfBroken(remainder))
    other = convert(broken.saved_model, "int8_dynamic")

    def converted(path: Path, asked: Any, calibration: Any) -> bytes:
        return other if asked == "int8_dynamic" else convert(path, asked, calibration)

    monkeypatch.setattr(measure_module, "convert", converted)


def rows(result: Export) -> dict[str, FormatRow]:
    return {row.format: row for row in result.record.formats}


@pytest.mark.parametrize("known", [True, False])
def test_good_on_test_examples_only_is_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    model = model_with(tmp_path / "model", 120, known=known)
    with_broken_8_bits(monkeypatch, tmp_path, 1)
    result = export(model, SMALLEST, tmp_path)
    found = rows(result)
    # What is reported stays that of the test examples.
    assert (found["int8_dynamic"].agreement or 0) > 0.9
    assert (found["int8_dynamic"].task_metric or 0) > 0.9
    assert (found["int8_dynamic"].loss or 0) > 0.2
    assert found["int8_dynamic"].not_eligible.startswith("its loss is")
    assert result.record.format == "fp32"
    assert result.record.examples == 60
    assert result.record.judged_on == "120 samples of the validation split"
    assert result.record.judged_by == ("accuracy" if known else "")
    assert result.record.chosen_because.endswith("on 120 samples of the validation split")


def test_bad_on_test_examples_only_is_chosen(
    model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_broken_8_bits(monkeypatch, tmp_path, 0)
    result = export(model, SMALLEST, tmp_path)
    assert result.record.format == "int8_dynamic"
    assert result.record.metrics["tflite_task_metric"] < 0.7
    assert result.record.metrics["tflite_agreement"] < 0.7
    assert result.record.metrics["tflite_loss"] <= 0.01


def test_fp16_is_judged_in_half_precision_too(model: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    run, counts = measure_module.run_all, []

    def counted(runner: Any, inputs: Any, outputs: Any) -> Any:
        counts.append((type(runner).__name__, len(inputs["ids"])))
        return run(runner, inputs, outputs)

    monkeypatch.setattr(measure_module, "run_all", counted)
    config = SMALLEST.model_copy(update={"formats": ("fp16",)})
    measure_module.measure(Reference.of(model, config), "fp16", config)
    assert sorted(counts) == [(n, c) for n in ("HalfPrecisionRunner", "TfliteRunner") for c in (60, 120)]


def test_a_named_format_costs_no_run_on_other_samples(model: ModelFolder) -> None:
    reference = Reference.of(model, TfliteExportConfig(formats=("fp32",), choose="fp32"))
    assert reference.judged is reference.test
    assert reference.judged_on == "60 test examples"
    assert reference.calibration is None


def test_int8_is_quantized_by_others_than_it_is_judged_on(model: ModelFolder) -> None:
    config = WITH_INT8.model_copy(update={"max_calibration": 60})
    reference = Reference.of(model, config)
    assert reference.calibration is not None
    quantized = {sample.tobytes() for sample in reference.calibration["zeta"]}
    judged = {sample.tobytes() for sample in reference.judged.inputs["zeta"]}
    assert (len(quantized), len(judged)) == (60, 60)
    assert not quantized & judged
    assert reference.judged_on == "60 samples of the validation split"
    np.testing.assert_array_equal(reference.judged.labels, labels_of(model, dict(reference.judged.inputs)))


def test_few_samples_serve_twice_and_the_report_says_so(model: ModelFolder, tmp_path: Path) -> None:
    result = export(model, WITH_INT8, tmp_path)
    told = "120 samples of the validation split (int8 is quantized by some of them"
    assert result.record.judged_on.startswith(told)
    write_report(result, tmp_path)
    assert told in (tmp_path / "report.html").read_text()


def test_without_samples_the_test_examples_decide_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_broken_8_bits(monkeypatch, tmp_path, 0)
    result = export(model_with(tmp_path / "model", None), SMALLEST, tmp_path)
    assert result.record.format == "fp32"
    told = "60 test examples (the model folder holds no samples of the validation split to choose by)"
    assert result.record.judged_on == told
    assert told in result.record.chosen_because
    write_report(result, tmp_path)
    assert f"accuracy lost, on {told}" in (tmp_path / "report.html").read_text()


def test_a_model_that_answers_nan_on_calibration_samples_is_refused(tmp_path: Path) -> None:
    model = model_with(tmp_path, 60)
    broken = np.load(tmp_path / "calibration" / "zeta.npy")
    broken[3] = np.nan
    np.save(tmp_path / "calibration" / "zeta.npy", broken)
    with pytest.raises(NoriaError, match=r"SavedModel .* for 1 of 60 sample\(s\): 3") as error:
        Reference.of(model, SMALLEST)
    assert "calibration samples" in error.value.hint


@given(st.integers(1, 900), st.integers(0, 400))
def test_split(count: int, quantizing: int) -> None:
    quantized, judged = split(count, quantizing)
    assert len(quantized) == len(set(quantized)) == min(count, quantizing)
    left = count - len(quantized)
    assert len(judged) == len(set(judged)) == min(left if left >= 50 else count, JUDGED_SAMPLES)
    assert bool(set(quantized) & set(judged)) == (left < 50 and quantizing > 0)
    for chosen in (quantized, judged):
        assert all(0 <= position < count for position in chosen)
        # From end to end, whatever order the samples are in.
        if len(chosen) > 2:
            assert max(np.diff(chosen)) <= 2 * count / len(chosen) + count / 50


def test_ids_stay_in_the_table() -> None:
    assert samples(1, 500, seed=0)["ids"].max() < ROWS
