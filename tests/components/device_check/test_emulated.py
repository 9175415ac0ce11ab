"""The check on real emulated processors: one with half precision, one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.device_check.check import check_devices
from components.device_check.config import DeviceCheckConfig
from components.device_check.record import DeviceRecord
from components.model_folder import ModelFolder
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from components.tflite_export.formats import Format
from tests.components.emulated_devices import require_emulator

SAMPLES = 4
pytestmark = pytest.mark.slow


def checked(model: ModelFolder, folder: Path, file_format: Format) -> DeviceRecord:
    require_emulator()
    config = TfliteExportConfig(formats=(file_format,), choose=file_format, latency_runs=1, check_fp16=False)
    export(model, config, folder)
    devices = DeviceCheckConfig(devices=("neoverse-n1", "cortex-a53"), samples=SAMPLES)
    return check_devices(model, folder, devices).record


def test_one_file_in_half_precision_there_and_in_single_precision_elsewhere(
    model: ModelFolder, tmp_path: Path
) -> None:
    record = checked(model, tmp_path, "fp16")
    assert [row.why_not for row in record.devices] == ["", ""]
    half, single = record.devices
    assert (half.half_precision, half.half_exact, single.half_precision) == (True, True, False)
    assert half.difference_from_single > 1e-5  # type: ignore[operator]
    assert record.metrics["device_half_precision"] == 1.0
    assert record.metrics["device_fallback_difference"] < 1e-5
    assert record.metrics["device_agreement"] == 1.0
    # Of four labels the first is wrong.
    assert record.metrics["device_task_metric"] == 0.75
    for row in record.devices:
        assert row.findings == ()
        assert row.memory_bytes
    if half.instructions is not None:
        assert half.half_instructions
        assert half.instructions_in_single
        assert (single.half_instructions, bool(single.single_instructions)) == (0, True)


def test_half_precision_weights_alone_are_computed_in_single_precision(
    model: ModelFolder, tmp_path: Path
) -> None:
    record = checked(model, tmp_path, "fp16_weights")
    assert [row.why_not for row in record.devices] == ["", ""]
    assert [(row.half_precision, row.half_precision_expected) for row in record.devices] == [
        (False, False)
    ] * 2
    assert record.metrics["device_half_precision"] == 1.0
    assert record.metrics["device_fallback_difference"] < 1e-5
    # The weights were rounded, and that is all.
    assert 0 < record.metrics["device_max_difference"] < 0.05
