"""Devices beside this machine, for a file of which nothing else is known; the devices are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.device_check import file_check
from components.device_check.file_check import check_file
from components.device_lab.device_run import DeviceRequest, DeviceRun, DeviceUnavailableError
from components.device_lab.native import run_natively
from noria.errors import ConfigError, DataError, NoriaError
from tests.components.device_lab import small_files


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Marked for half precision."""
    path = tmp_path / "scores.tflite"
    path.write_bytes(small_files.scores(half=True))
    return path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[DeviceRequest]:
    """What devices were asked; neoverse-n1 rounds to half, cortex-a53 crashes, web cannot be had."""
    requests: list[DeviceRequest] = []

    def run_on(name: str, request: DeviceRequest) -> DeviceRun:
        requests.append(request)
        if name == "web":
            raise DeviceUnavailableError("no browser", hint="get one")
        if name == "cortex-a53":
            raise NoriaError("it died of SIGILL")
        outputs = run_natively(request).outputs
        outputs["y"] = outputs["y"].astype("f2").astype("f4")
        return DeviceRun(outputs, True, None, None, "made up")

    monkeypatch.setattr(file_check, "run_on", run_on)
    return requests


def test_each_device_has_a_row(file: Path, seen: list[DeviceRequest]) -> None:
    found = check_file(file, ["neoverse-n1", "cortex-a53", "web"], count=5)
    half, crashed, absent = found.devices
    assert (found.samples, found.inputs, found.output) == (5, "random (seed 0)", "y")
    assert (half.ran, half.half_precision, half.half_precision_expected) == (True, True, True)
    assert half.agreement == 1.0
    assert half.max_difference is not None
    assert 0 < half.max_difference < 1e-3
    assert (crashed.ran, crashed.agreement, crashed.why_not) == (False, 0.0, "it died of SIGILL")
    assert (absent.ran, absent.agreement) == (False, None)
    assert "get one" in absent.why_not
    for request in seen[1:]:
        np.testing.assert_array_equal(request.examples["x"], seen[0].examples["x"])


def test_samples_of_a_file(file: Path, tmp_path: Path, seen: list[DeviceRequest]) -> None:
    samples = tmp_path / "samples.npz"
    x = np.random.default_rng(1).normal(size=(6, 1, 64)).astype("f4")
    np.savez(samples, x=x, ids=np.ones((6, 3), "i4"))
    found = check_file(file, ["neoverse-n1"], samples=samples, count=4, task="classification")
    assert (found.samples, found.inputs) == (4, str(samples))
    np.testing.assert_array_equal(seen[0].examples["x"], x[:4])
    np.savez(samples, x=x)
    with pytest.raises(DataError, match="the samples hold"):
        check_file(file, ["neoverse-n1"], samples=samples)
    samples.write_text("no archive")
    with pytest.raises(DataError, match=r"cannot read samples from .*samples\.npz"):
        check_file(file, ["neoverse-n1"], samples=samples)


@pytest.mark.parametrize("content", [b"no archive", b"PK\x03\x04 cut off", b""])
def test_samples_that_are_no_archive_are_called_so(file: Path, tmp_path: Path, content: bytes) -> None:
    samples = tmp_path / "samples.npz"
    samples.write_bytes(content)
    with pytest.raises(DataError, match=r"samples\.npz: it is no whole \.npz archive"):
        check_file(file, ["native"], samples=samples)


def test_samples_with_one_answer_are_told(file: Path, tmp_path: Path, seen: list[DeviceRequest]) -> None:
    lines: list[str] = []
    check_file(file, ["neoverse-n1"], count=3, progress=lines.append)
    assert not [line for line in lines if "the same" in line]
    np.savez(tmp_path / "samples.npz", **{k: np.zeros_like(v) for k, v in seen[0].examples.items()})
    check_file(file, ["neoverse-n1"], samples=tmp_path / "samples.npz", progress=lines.append)
    assert "every sample has the same 'y', which compares little: give real ones with --samples" in lines


def test_integers_that_stand_for_real_numbers_take_every_value(
    tmp_path: Path, seen: list[DeviceRequest]
) -> None:
    path = tmp_path / "quantized.tflite"
    path.write_bytes(small_files.quantized())
    check_file(path, ["neoverse-n1"], count=50)
    assert seen[0].examples["x"].min() < -100
    assert seen[0].examples["x"].max() > 100


def test_bad_input_before_any_device_is_asked(file: Path, tmp_path: Path, seen: list[DeviceRequest]) -> None:
    with pytest.raises(ConfigError, match="there is no device 'pixel'"):
        check_file(file, ["pixel"])
    with pytest.raises(DataError, match="there is no output 'z'; the file has twice, y"):
        check_file(file, ["neoverse-n1"], output="z")
    with pytest.raises(DataError, match="cannot read"):
        check_file(tmp_path / "nothing.tflite", ["neoverse-n1"])
    path = tmp_path / "loose.tflite"
    path.write_bytes(small_files.loose_batch())
    with pytest.raises(NoriaError, match="not fixed"):
        check_file(path, ["neoverse-n1"])
    assert seen == []
