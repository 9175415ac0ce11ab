"""Convert, run on real samples, measure, record."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.model_folder import Arrays, ModelFolder
from components.saved_model import SavedModelRunner
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.convert import convert
from components.tflite_export.parity import Answers, Parity, check_finite, compare, run_all
from components.tflite_export.record import ExportRecord
from components.tflite_runner import HalfPrecisionRunner, TfliteRunner
from noria.errors import DataError, NoriaError
from noria.files import write_bytes


@dataclass(frozen=True)
class Export:
    """A file that was written, with what the report shows beyond its record."""

    record: ExportRecord
    fp32: Parity
    fp16: Parity | None


def export(model: ModelFolder, config: TfliteExportConfig, folder: Path) -> Export:
    """Writes ``model.tflite`` and ``export.json`` into ``folder``.

    Raises:
        DataError: The SavedModel's signature is not what its card says, or not static.
        NoriaError: The model cannot be converted, or it or the file answers with broken numbers.
    """
    reference = _reference(model)
    examples = model.examples(config.max_examples)
    outputs = list(model.card.signature.outputs)
    expected = run_all(reference, examples, outputs)
    check_finite(
        f"the SavedModel {model.saved_model}", expected, "its weights are broken: look at the training's loss"
    )
    data = convert(model.saved_model, half=config.format == "fp16")
    runner = TfliteRunner(data)
    answers = run_all(runner, examples, outputs)
    check_finite("the exported file", answers, "the conversion lost weights; nothing was written")
    fp32 = _compare(model, config, expected, answers)
    if fp32.relative_difference > config.broken_above:
        raise NoriaError(
            f"the exported file differs from the SavedModel by {fp32.max_difference:.3g}, "
            f"{fp32.relative_difference:.0%} of the outputs' scale, expected at most "
            f"{config.broken_above:.0%}: the conversion lost weights",
            hint="a model this sensitive to rounding needs format=fp32 or a higher broken_above",
        )
    half = _half_precision(data, model, examples) if config.check_fp16 else None
    fp16 = _compare(model, config, expected, half) if half else None
    metrics = {
        "tflite_bytes": float(len(data)),
        "tflite_latency_ms": median_latency_ms(runner, examples, config.latency_runs),
        **_metrics("tflite", fp32),
        **(_metrics("tflite_fp16", fp16) if fp16 else {}),
    }
    record = ExportRecord(
        model=model.card.name,
        format=config.format,
        sha256=hashlib.sha256(data).hexdigest(),
        metrics=metrics,
        examples=len(fp32.differences),
        differences=fp32.per_output,
        fp16_exact=_all_half(half) if half else None,
        signature=model.card.signature,
    )
    write_bytes(folder / "model.tflite", data)
    record.save(folder)
    return Export(record, fp32, fp16)


def median_latency_ms(runner: TfliteRunner, examples: Arrays, runs: int) -> float:
    """Median wall time of single runs on one thread, in milliseconds, inputs copied in included."""
    total = len(next(iter(examples.values())))
    seconds = []
    for run in range(runs):
        sample = {name: np.array(array[run % total]) for name, array in examples.items()}
        started = time.perf_counter()
        runner(sample)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)) * 1000


def _reference(model: ModelFolder) -> SavedModelRunner:
    reference = SavedModelRunner(model.saved_model, model.card.op_libraries)
    if reference.signature != model.card.signature:
        raise DataError(
            f"{model.path / 'model.json'} promises {_text(model.card.signature)}, "
            f"but the SavedModel has {_text(reference.signature)}"
        )
    return reference


def _text(signature: object) -> str:
    return str({k: {n: str(t) for n, t in v.items()} for k, v in signature})  # type: ignore[attr-defined]


def _half_precision(data: bytes, model: ModelFolder, examples: Arrays) -> Answers:
    try:
        runner = HalfPrecisionRunner(data, model.card.signature)
    except RuntimeError as error:
        raise NoriaError(
            f"this CPU cannot run the file with FP16 arithmetic forced: {error}",
            hint="set tflite_export.check_fp16=false; a gate on tflite_fp16_agreement will then not hold",
        ) from error
    answers = run_all(runner, examples, list(model.card.signature.outputs))
    check_finite(
        "the exported file in FP16 arithmetic",
        answers,
        "values leave half precision's range (65504): scale inputs, use smaller masks, or format=fp32",
    )
    return answers


def _compare(model: ModelFolder, config: TfliteExportConfig, expected: Answers, got: Answers) -> Parity:
    card = model.card
    return compare(expected, got, card.primary_output, card.task, config.regression_tolerance)


def _metrics(prefix: str, parity: Parity) -> dict[str, float]:
    return {f"{prefix}_agreement": parity.agreement, f"{prefix}_max_difference": parity.max_difference}


def _all_half(answers: Answers) -> bool:
    floats = [a for a in answers.values() if a.dtype == np.float32]
    return all(bool((a.astype(np.float16).astype(np.float32) == a).all()) for a in floats)
