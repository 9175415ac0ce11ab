"""One format of a model: its file, run on real samples and compared with the SavedModel."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from components.model_card import Signature
from components.model_samples import Arrays
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.convert import convert, float_operators
from components.tflite_export.formats import FLOAT_FORMATS, Format
from components.tflite_export.parity import Answers, Parity, check_finite, run_all
from components.tflite_export.record import FormatRow
from components.tflite_export.reference import Answered, Reference, signature_text
from components.tflite_runner import HalfPrecisionRunner, TfliteRunner
from noria.errors import NoriaError

_SWITCHED_OFF = "tflite_export.check_fp16 is false"


@dataclass(frozen=True)
class Measured:
    """A format's file and what was measured on it; ``half`` with FP16 arithmetic forced."""

    data: bytes
    row: FormatRow
    single: Parity
    half: Parity | None
    half_exact: bool | None


def measure(reference: Reference, format: Format, config: TfliteExportConfig) -> Measured:
    """Converts to one format and runs the file.

    Raises:
        NoriaError: There is no such file, it cannot be run, or it answers with broken numbers; for ``fp16``
            also with FP16 arithmetic forced, which is what that format is for.
    """
    card = reference.model.card
    if format == "int8" and reference.calibration is not None:
        _check_calibration(reference.calibration)
    data = convert(reference.model.saved_model, format, reference.calibration)
    runner, tolerance = _runner(data, card.signature, format), config.regression_tolerance
    answers = _run(runner, reference.test, format)
    single = reference.test.compare(answers, tolerance)
    # 8-bit rounding may well be larger than this: max_loss and the gates judge it.
    if format in FLOAT_FORMATS and single.relative_difference > config.broken_above:
        raise NoriaError(
            f"the exported {format} file differs from the SavedModel by {single.max_difference:.3g}, "
            f"{single.relative_difference:.0%} of the outputs' scale, expected at most "
            f"{config.broken_above:.0%}: the conversion lost weights",
            hint="a model this sensitive to rounding needs choose=fp32 or a higher broken_above",
        )
    half, why_not = _half_answers(data, reference.test, format, config)
    half_parity = reference.test.compare(half, tolerance) if half else None
    judged = reference.judged
    apart = judged is not reference.test
    losses = [judged.loss(_run(runner, judged, format) if apart else answers, tolerance)]
    if half and format == "fp16":
        losses.append(judged.loss(_run_half(data, judged) if apart else half, tolerance))
    row = FormatRow(
        format=format,
        bytes=len(data),
        latency_ms=median_latency_ms(runner, reference.test.inputs, config.latency_runs),
        agreement=single.agreement,
        max_difference=single.max_difference,
        task_metric=reference.test.task_metric(answers),
        half_agreement=half_parity.agreement if half_parity else None,
        half_max_difference=half_parity.max_difference if half_parity else None,
        half_task_metric=reference.test.task_metric(half) if half else None,
        half_why_not=why_not,
        loss=max(losses),
        float_operators=float_operators(data) if format == "int8" else (),
    )
    return Measured(data, row, single, half_parity, _all_half(half) if half else None)


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


def _check_calibration(samples: Arrays) -> None:
    for name, array in samples.items():
        if not np.isfinite(array).all():
            raise NoriaError(
                f"calibration samples of input {name!r} hold NaN or infinity",
                hint="the training step wrote them from its validation split: look at the data there",
            )


def _runner(data: bytes, expected: Signature, format: Format) -> TfliteRunner:
    try:
        runner = TfliteRunner(data)
    except (RuntimeError, ValueError) as error:
        raise NoriaError(f"the exported {format} file cannot be run: {error}") from error
    if runner.signature != expected:
        raise NoriaError(
            f"the exported {format} file has {signature_text(runner.signature)}, "
            f"the model {signature_text(expected)}"
        )
    return runner


def _run(runner: TfliteRunner, samples: Answered, format: Format) -> Answers:
    answers = run_all(runner, samples.inputs, list(samples.card.signature.outputs))
    check_finite(f"the exported {format} file", answers, "the conversion lost weights; it was not kept")
    return answers


def _half_answers(
    data: bytes, samples: Answered, format: Format, config: TfliteExportConfig
) -> tuple[Answers | None, str]:
    """The answers with FP16 arithmetic forced, or why there are none."""
    if format not in FLOAT_FORMATS:
        return None, "an 8-bit file is not marked for half precision"
    if not config.check_fp16:
        return None, _SWITCHED_OFF
    try:
        return _run_half(data, samples), ""
    except NoriaError as error:
        if format == "fp16":
            raise
        # The other two are computed in single precision unless somebody asks for something else.
        return None, error.message


def _run_half(data: bytes, samples: Answered) -> Answers:
    signature = samples.card.signature
    try:
        runner = HalfPrecisionRunner(data, signature)
    except RuntimeError as error:
        raise NoriaError(
            f"this CPU cannot run the file with FP16 arithmetic forced: {error}",
            hint="set tflite_export.check_fp16=false; gates on tflite_half_precision_* then do not hold",
        ) from error
    answers = run_all(runner, samples.inputs, list(signature.outputs))
    check_finite(
        "the exported file in FP16 arithmetic",
        answers,
        "values leave half precision's range (65504): scale inputs, use smaller masks, or another format",
    )
    return answers


def _all_half(answers: Answers) -> bool:
    floats = [a for a in answers.values() if a.dtype == np.float32]
    return all(bool((a.astype(np.float16).astype(np.float32) == a).all()) for a in floats)
