"""A model with its exported file, and devices that are not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.device_check import check as check_module
from components.device_lab.device_run import DeviceRequest, DeviceRun, Instructions
from components.device_lab.single_precision import in_single_precision
from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import SavedModelRunner
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from components.tflite_runner import HalfPrecisionRunner, TfliteRunner
from tests.components.saved_models import save_two_inputs

Answer = DeviceRun | Exception
Device = Callable[[DeviceRequest], DeviceRun]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """TwoInputs; its labels are what it answers itself, wrong in every fourth sample."""
    folder = save_two_inputs(tmp_path_factory.mktemp("model"))
    runner, examples = SavedModelRunner(folder.saved_model), folder.examples()
    labels = np.array(
        [
            np.argmax(runner({name: array[index] for name, array in examples.items()})["logits"])
            for index in range(40)
        ]
    )
    labels[::4] = (labels[::4] + 1) % 5
    return save_model_folder(folder.path, folder.card, dict(examples), labels=labels.astype(np.int64))


@pytest.fixture(scope="session")
def tflite(model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file for half precision."""
    folder = tmp_path_factory.mktemp("tflite")
    export(model, TfliteExportConfig(formats=("fp16",), latency_runs=1, check_fp16=False), folder)
    return folder


def a_device(half: bool, instructions: Instructions | None = None, memory: int | None = None) -> Device:
    """A device that computes in half precision, forced here, or in single precision."""

    def run(request: DeviceRequest) -> DeviceRun:
        signature = TfliteRunner(request.model).signature
        runner = (
            HalfPrecisionRunner(request.model, signature)
            if half
            else TfliteRunner(in_single_precision(request.model))
        )
        count = len(next(iter(request.examples.values())))
        rows = [runner({n: a[i] for n, a in request.examples.items()}) for i in range(count)]
        outputs = {name: np.stack([np.array(row[name]) for row in rows]) for name in signature.outputs}
        # Without the mark a processor computes in single precision, with twice the instructions.
        marked = request.model != in_single_precision(request.model)
        counted = (
            instructions if marked or not instructions else replace(instructions, all=2 * instructions.all)
        )
        return DeviceRun(outputs, half, counted, memory, "a fake")

    return run


def failing(error: Exception) -> Device:
    """A device on which nothing runs."""

    def run(_: DeviceRequest) -> DeviceRun:
        raise error

    return run


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> dict[str, Device]:
    """What each name does; by default neoverse-n1 computes in half precision and cortex-a53 does not."""
    known: dict[str, Device] = {
        "neoverse-n1": a_device(True, Instructions(1000, 20, 0, 0), 5_000_000),
        "cortex-a53": a_device(False, Instructions(1500, 0, 40, 0), 6_000_000),
    }
    monkeypatch.setattr(check_module, "run_on", lambda name, request, **_: known[name](request))
    return known
