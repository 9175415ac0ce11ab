"""Runs an exported file on every device that it has to run on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from components import tracking
from components.device_check.compare import Expectation, Judgement, judge
from components.device_check.config import DeviceCheckConfig
from components.device_check.record import DeviceRecord, DeviceResult
from components.device_check.summary import summarize
from components.device_lab.device_run import DeviceRequest, DeviceUnavailableError
from components.device_lab.devices import run_on
from components.device_lab.profiles import DEFAULT_DEVICES, DeviceProfile, find_profile
from components.device_lab.single_precision import in_single_precision
from components.model_folder import ModelFolder
from components.saved_model import SavedModelRunner
from components.tflite_export.convert import FULL_HALF_PRECISION, precision_metadata
from components.tflite_export.parity import check_finite, run_all
from components.tflite_export.record import ExportRecord
from components.tflite_runner import TfliteRunner
from noria.errors import ConfigError, DataError, NoriaError


@dataclass(frozen=True)
class Check:
    """The record, and what the report shows beyond it: one judgement per device."""

    record: DeviceRecord
    judgements: tuple[Judgement, ...]


def check_devices(model: ModelFolder, tflite: Path, config: DeviceCheckConfig) -> Check:
    """Runs the first test samples on each device and compares the answers.

    A device that cannot be had here is a row that was not run. A file that a device refuses or that crashes
    there is a row with agreement 0: on a phone it would be no better, and no gate may pass it.

    Args:
        model: The model that was exported.
        tflite: The TfliteModel folder of its file.
        config: Without a list of devices, those of DEFAULT_DEVICES.

    Raises:
        DataError: The file is not the one that its record describes.
        NoriaError: The model or the file answers NaN on this machine, in single precision.
    """
    export, data = ExportRecord.load(tflite), (tflite / "model.tflite").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != export.sha256:
        raise DataError(f"{tflite / 'model.tflite'} is not the file of export.json", hint="export it again")
    examples = model.examples(config.samples)
    expected = _expectation(model, data, config)
    names = DEFAULT_DEVICES if config.devices is None else config.devices
    judgements = []
    for number, name in enumerate(names, start=1):
        judgements.append(_judge(find_profile(name), DeviceRequest(data, examples), expected, config.install))
        tracking.progress(number, len(names), "devices")
    metrics, not_run = summarize(
        judgements,
        task=model.card.task,
        half_marked=expected.half_marked,
        labels=expected.labels is not None,
    )
    record = DeviceRecord(
        model=model.card.name,
        format=export.format,
        file_bytes=len(data),
        sha256=digest,
        samples=len(next(iter(examples.values()))),
        devices=tuple(judgement.result for judgement in judgements),
        metrics=metrics,
        not_run=not_run,
    )
    return Check(record, tuple(judgements))


def _expectation(model: ModelFolder, data: bytes, config: DeviceCheckConfig) -> Expectation:
    examples, outputs = model.examples(config.samples), list(model.card.signature.outputs)
    reference = run_all(SavedModelRunner(model.saved_model, model.card.op_libraries), examples, outputs)
    single = run_all(TfliteRunner(in_single_precision(data)), examples, outputs)
    check_finite(f"the SavedModel {model.saved_model}", reference, "look at the training's loss")
    check_finite("the exported file", single, "the conversion lost weights; export it again")
    return Expectation(
        primary=model.card.primary_output,
        task=model.card.task,
        model=reference,
        single=single,
        labels=model.labels(config.samples),
        half_marked=precision_metadata(data) == FULL_HALF_PRECISION,
        tolerance=config.regression_tolerance,
    )


def _judge(profile: DeviceProfile, request: DeviceRequest, expected: Expectation, install: bool) -> Judgement:
    try:
        run = run_on(profile.name, request, install=install)
    except DeviceUnavailableError as error:
        return Judgement(_not_run(profile, error))
    except ConfigError:
        raise
    except NoriaError as error:
        row = _not_run(profile, error).model_copy(
            update={
                "agreement": 0.0,
                "half_precision_expected": expected.half_marked and bool(profile.half_precision),
                "findings": ("the file failed on this device",),
            }
        )
        return Judgement(row)
    judgement = judge(profile, run, expected)
    if judgement.result.half_precision and run.instructions is not None:
        return replace(judgement, result=_with_single(judgement.result, request, install))
    return judgement


def _with_single(row: DeviceResult, request: DeviceRequest, install: bool) -> DeviceResult:
    """Counts what the same processor needs for the same file in single precision."""
    one = {name: array[:1] for name, array in request.examples.items()}
    try:
        run = run_on(row.device, DeviceRequest(in_single_precision(request.model), one), install=install)
    except NoriaError as error:
        found = f"in single precision the file fails on this device: {error.message}"
        return row.model_copy(update={"findings": (*row.findings, found)})
    counted = run.instructions.all if run.instructions else None
    return row.model_copy(update={"instructions_in_single": counted})


def _not_run(profile: DeviceProfile, error: NoriaError) -> DeviceResult:
    return DeviceResult(device=profile.name, title=profile.title, ran=False, why_not=error.message)
