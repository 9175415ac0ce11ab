"""Really emulated processors: which arithmetic they used, that they are apart, and how they fail."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from components.device_lab.device_run import DeviceRequest, DeviceRun, DeviceUnavailableError, Instructions
from components.device_lab.devices import run_on
from components.device_lab.emulated import run_emulated
from components.device_lab.emulator_install import emulator_status
from components.device_lab.lab_folder import VARIABLE
from components.device_lab.profiles import find_profile
from noria.errors import NoriaError

Images = dict[str, np.ndarray]
HALF, WITHOUT_HALF = find_profile("neoverse-n1"), find_profile("cortex-a53")


@pytest.fixture(scope="session")
def runs(emulator: Path, files: dict[str, bytes], images: Images) -> dict[tuple[str, str], DeviceRun]:
    """(format, device) to what came of it; at once, as steps on one machine do."""
    assert emulator.is_dir()
    asked = [(name, device) for name in ("fp32", "fp16") for device in ("neoverse-n1", "cortex-a53")]
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda key: run_on(key[1], DeviceRequest(files[key[0]], images)), asked)
        return dict(zip(asked, answers, strict=True))


@pytest.fixture(scope="session")
def native(files: dict[str, bytes], images: Images) -> np.ndarray:
    """What the half-precision file answers on this machine."""
    return run_on("native", DeviceRequest(files["fp16"], images)).outputs["logits"]


def in_half(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(np.float32)


def counts(run: DeviceRun) -> Instructions:
    """Skips where this machine's qemu takes no plugin (Debian 13), or nothing compiles one."""
    if run.instructions is None:
        pytest.skip(f"nothing is counted here: {emulator_status()}")
    return run.instructions


@pytest.mark.slow
def test_a_half_precision_file_is_computed_in_half_where_the_processor_can(runs, native, images):
    run = runs["fp16", "neoverse-n1"]
    logits = run.outputs["logits"]
    assert run.half_precision
    assert logits.shape == (len(images["image"]), 1, 10)
    np.testing.assert_array_equal(logits, in_half(logits))
    assert 1e-5 < np.abs(logits - native).max() < 0.05
    assert run.processor.startswith("neoverse-n1 (qemu ")


@pytest.mark.slow
def test_the_same_file_is_computed_in_single_where_it_cannot(runs, native):
    run = runs["fp16", "cortex-a53"]
    assert not run.half_precision
    np.testing.assert_allclose(run.outputs["logits"], native, rtol=1e-5, atol=1e-6)
    assert 0 < run.memory_bytes < 100e6


@pytest.mark.slow
def test_a_plain_file_is_computed_in_single_everywhere(runs):
    ours, theirs = runs["fp32", "neoverse-n1"], runs["fp32", "cortex-a53"]
    np.testing.assert_allclose(ours.outputs["logits"], theirs.outputs["logits"], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_instructions_tell_the_two_ways_apart(runs):
    half, single = counts(runs["fp16", "neoverse-n1"]), counts(runs["fp16", "cortex-a53"])
    assert half.single == 0
    assert single.half == 0
    # A vector holds twice as many halves.
    assert single.single > 1.5 * half.half > 0
    assert half.all > half.half
    plain = counts(runs["fp32", "neoverse-n1"])
    assert plain.half == 0
    assert plain.single > 0


@pytest.mark.slow
def test_instructions_are_those_of_one_inference(runs, files, images):
    of_three = counts(runs["fp16", "neoverse-n1"])
    one = {name: array[:1] for name, array in images.items()}
    run = run_on("neoverse-n1", DeviceRequest(files["fp16"], one))
    assert (run.instructions.half, run.instructions.single) == (of_three.half, of_three.single)
    assert run.instructions.all == pytest.approx(of_three.all, rel=0.02)
    np.testing.assert_array_equal(run.outputs["logits"], runs["fp16", "neoverse-n1"].outputs["logits"][:1])


@pytest.mark.slow
@pytest.mark.usefixtures("emulator")
def test_integers_go_in_and_out(files):
    image = np.random.default_rng(2).integers(-128, 128, (2, 1, 16, 16, 3)).astype(np.int8)
    request = DeviceRequest(files["int8"], {"image": image})
    run, native = run_on("neoverse-n1", request), run_on("native", request)
    assert run.outputs["logits"].dtype == np.int8
    # Kernels of two processors may round a half differently.
    assert np.abs(run.outputs["logits"].astype(int) - native.outputs["logits"].astype(int)).max() <= 1
    assert counts(run).integer > 0
    assert counts(run).half == 0


@pytest.mark.slow
@pytest.mark.usefixtures("emulator")
def test_a_processor_that_claims_what_it_lacks_dies_and_the_error_says_of_what(files, images):
    liar = dataclasses.replace(WITHOUT_HALF, cpuinfo=HALF.cpuinfo)
    with pytest.raises(NoriaError, match="cortex-a53: the process ended with SIGILL") as caught:
        run_emulated(liar, DeviceRequest(files["fp16"], images), install=False)
    assert not isinstance(caught.value, DeviceUnavailableError)
    assert "instruction that this processor does not have" in caught.value.hint
    assert "uncaught target signal 4" in caught.value.message


@pytest.mark.slow
@pytest.mark.usefixtures("emulator")
def test_a_file_that_takes_too_long_is_ended(files, images):
    with pytest.raises(NoriaError, match=r"cortex-a53: the file was still running after 0\.1 s"):
        run_emulated(WITHOUT_HALF, DeviceRequest(files["fp16"], images), install=False, limit_seconds=0.1)


@pytest.mark.slow
@pytest.mark.usefixtures("emulator")
def test_a_file_that_is_none_is_refused_in_one_line(images):
    with pytest.raises(NoriaError, match="cortex-a53: the file cannot be run: ") as caught:
        run_on("cortex-a53", DeviceRequest(b"no model", images))
    assert len(str(caught.value).splitlines()) == 1


def test_without_leave_to_install_nothing_is_fetched(monkeypatch, tmp_path, files, images):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DeviceUnavailableError, match="not installed") as caught:
        run_on("neoverse-n1", DeviceRequest(files["fp16"], images), install=False)
    assert "noria devices setup" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
