"""The check with devices that are not there: what is a row, a metric, a finding, and what was not run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from components import tracking
from components.device_check.check import check_devices
from components.device_check.config import DeviceCheckConfig
from components.device_check.executor import Executor
from components.device_check.record import DeviceRecord
from components.device_lab.device_run import DeviceUnavailableError
from components.model_folder import ModelFolder
from noria.errors import ConfigError, DataError, NoriaError
from tests.components.device_check.conftest import Device, a_device, failing

CONFIG = DeviceCheckConfig(devices=("neoverse-n1", "cortex-a53"), samples=12)
Devices = dict[str, Device]


@pytest.mark.usefixtures("devices")
def test_half_precision_there_and_the_fallback_elsewhere(model: ModelFolder, tflite: Path) -> None:
    record = check_devices(model, tflite, CONFIG).record
    half, single = record.devices
    assert (half.device, half.ran, half.half_precision, half.half_precision_expected) == (
        "neoverse-n1",
        True,
        True,
        True,
    )
    assert half.half_exact is True
    assert (single.half_precision, single.half_precision_expected, single.half_exact) == (False, False, False)
    assert half.difference_from_single > 0  # type: ignore[operator]
    assert single.difference_from_single == 0.0
    assert (half.instructions, half.half_instructions, single.single_instructions) == (1000, 20, 40)
    assert (half.instructions_in_single, single.instructions_in_single) == (2000, None)
    assert not half.findings
    assert not single.findings
    assert record.metrics["device_agreement"] == 1.0
    assert record.metrics["device_half_precision"] == 1.0
    assert record.metrics["device_fallback_difference"] == 0.0
    assert record.metrics["device_max_difference"] == max(half.max_difference, single.max_difference)  # type: ignore[type-var]
    # Every fourth of twelve labels is wrong.
    assert record.metrics["device_task_metric"] == 0.75
    assert record.metrics["device_neoverse-n1_half_instructions"] == 20
    assert record.metrics["device_cortex-a53_memory_bytes"] == 6_000_000
    assert record.not_run == {}
    assert (record.samples, record.format) == (12, "fp16")
    assert record.file_bytes == (tflite / "model.tflite").stat().st_size


def test_without_counts_the_answers_tell(model: ModelFolder, tflite: Path, devices: Devices) -> None:
    devices["neoverse-n1"] = a_device(True)
    record = check_devices(model, tflite, CONFIG).record
    assert record.devices[0].half_precision is True
    assert record.metrics["device_half_precision"] == 1.0
    assert "not counted" in record.not_run["device_neoverse-n1_instructions"]


def test_a_device_that_did_not_compute_in_half_precision_is_found(
    model: ModelFolder, tflite: Path, devices: Devices
) -> None:
    devices["neoverse-n1"] = a_device(False)
    record = check_devices(model, tflite, CONFIG).record
    assert record.metrics["device_half_precision"] == 0.5
    assert record.metrics["device_agreement"] == 1.0
    assert "was not computed in half precision" in record.devices[0].findings[0]


def test_a_fallback_that_computes_in_half_precision_is_found(
    model: ModelFolder, tflite: Path, devices: Devices
) -> None:
    devices["cortex-a53"] = a_device(True)
    record = check_devices(model, tflite, CONFIG).record
    assert record.metrics["device_fallback_difference"] > 1e-5
    assert any("more than rounding" in finding for finding in record.devices[1].findings)


def test_a_device_that_cannot_be_had_was_not_run(model: ModelFolder, tflite: Path, devices: Devices) -> None:
    devices["neoverse-n1"] = failing(DeviceUnavailableError("there is no apt-get", hint="install apt"))
    record = check_devices(model, tflite, CONFIG).record
    row = record.devices[0]
    assert (row.ran, row.why_not, row.agreement) == (False, "there is no apt-get", None)
    for name in ("device_agreement", "device_half_precision", "device_max_difference"):
        assert record.not_run[name] == "neoverse-n1: there is no apt-get"
    assert record.not_run["device_neoverse-n1_agreement"] == "there is no apt-get"
    # What the other device gave is kept beside it.
    assert record.metrics["device_agreement"] == record.metrics["device_cortex-a53_agreement"] == 1.0


def test_a_file_that_crashes_on_a_device_agrees_with_nothing(
    model: ModelFolder, tflite: Path, devices: Devices
) -> None:
    devices["neoverse-n1"] = failing(NoriaError("neoverse-n1: SIGILL"))
    devices["cortex-a53"] = failing(DeviceUnavailableError("no emulator"))
    record = check_devices(model, tflite, CONFIG).record
    row = record.devices[0]
    assert (row.ran, row.why_not, row.agreement) == (False, "neoverse-n1: SIGILL", 0.0)
    assert record.metrics["device_agreement"] == 0.0
    assert record.metrics["device_half_precision"] == 0.0
    # Neither measured nor excused by the other device, which could not be had: no gate on it holds.
    assert "device_max_difference" not in record.metrics.keys() | record.not_run.keys()


def test_answers_that_are_no_numbers(model: ModelFolder, tflite: Path, devices: Devices) -> None:
    whole = devices["neoverse-n1"]

    def broken(request):  # type: ignore[no-untyped-def]
        run = whole(request)
        run.outputs["hidden"][3:4] = np.inf
        return run

    devices["neoverse-n1"] = broken
    record = check_devices(model, tflite, CONFIG).record
    row = record.devices[0]
    assert row.agreement == pytest.approx(11 / 12)
    assert row.max_difference is None
    assert row.findings[0] == "answers NaN or infinity for 1 of 12 samples"
    assert "device_max_difference" not in record.metrics.keys() | record.not_run.keys()


@pytest.mark.usefixtures("devices")
def test_without_a_capable_device_half_precision_was_not_run(model: ModelFolder, tflite: Path) -> None:
    record = check_devices(model, tflite, DeviceCheckConfig(devices=("cortex-a53",), samples=3)).record
    assert "device_half_precision" not in record.metrics
    assert record.not_run == {"device_half_precision": "none of the devices has half-precision arithmetic"}


def test_no_device_at_all(model: ModelFolder, tflite: Path) -> None:
    record = check_devices(model, tflite, DeviceCheckConfig(devices=(), samples=3)).record
    assert record.metrics == {}
    assert record.not_run["device_agreement"] == "no device is listed"


def test_only_known_devices(model: ModelFolder, tflite: Path, devices: Devices) -> None:
    with pytest.raises(ValidationError, match="there is no device 'toaster'"):
        DeviceCheckConfig(devices=("toaster",))
    devices["cortex-a53"] = failing(ConfigError("a setting"))
    with pytest.raises(ConfigError, match="a setting"):
        check_devices(model, tflite, CONFIG)


def test_a_file_that_is_not_the_recorded_one(model: ModelFolder, tflite: Path, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_bytes((tflite / "export.json").read_bytes())
    (tmp_path / "model.tflite").write_bytes((tflite / "model.tflite").read_bytes() + b"x")
    with pytest.raises(DataError, match=r"is not the file of export\.json"):
        check_devices(model, tmp_path, CONFIG)


def test_the_executor_writes_record_report_and_metrics(
    model: ModelFolder, tflite: Path, devices: Devices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices["cortex-a53"] = failing(DeviceUnavailableError("there is no <apt-get>"))
    out = tmp_path / "out"
    out.mkdir()
    journal = tmp_path / "journal.jsonl"
    monkeypatch.setenv(tracking.JOURNAL_VARIABLE, str(journal))
    with tracking.recording({"devices": out}):
        Executor().run(CONFIG, {"model": model.path, "tflite": tflite}, {"devices": out})
    record = DeviceRecord.load(out)
    assert [row.ran for row in record.devices] == [True, False]
    reported = {
        entry["name"]
        for entry in map(json.loads, journal.read_text().splitlines())
        if entry["kind"] == "metric"
    }
    assert "device_neoverse-n1_agreement" in reported
    assert "device_agreement" not in reported
    report = (out / "report.html").read_text()
    assert "not run: there is no &lt;apt-get&gt;" in report
    assert "data:image/png;base64" in report


def test_a_folder_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no devices\.json"):
        DeviceRecord.load(tmp_path)
