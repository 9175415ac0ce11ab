"""This machine as a device: names, shapes and types of what goes in are checked there."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from components.device_lab.device_run import DeviceRequest
from components.device_lab.native import run_natively
from components.tflite_runner import TfliteRunner
from noria.errors import NoriaError


def test_it_answers_as_the_interpreter_does(files, images):
    run = run_natively(DeviceRequest(files["fp32"], images))
    expected = [TfliteRunner(files["fp32"])({"image": image})["logits"] for image in images["image"]]
    np.testing.assert_array_equal(run.outputs["logits"], np.stack(expected))
    assert run.instructions is None
    assert run.memory_bytes is None or 0 <= run.memory_bytes < 100e6
    assert platform.machine() in run.processor
    if platform.machine() == "x86_64":
        assert not run.half_precision


def test_a_file_without_a_signature_goes_by_names_of_tensors(unsigned_file, files, images):
    details = TfliteRunner(files["fp32"])._interpreter.get_input_details()
    (name,) = [tensor["name"] for tensor in details]
    run = run_natively(DeviceRequest(unsigned_file, {name: images["image"]}))
    (logits,) = run.outputs.values()
    signed = run_natively(DeviceRequest(files["fp32"], images)).outputs["logits"]
    np.testing.assert_array_equal(logits, signed)
    with pytest.raises(NoriaError, match=r"native: .* the file takes \['serving_default_image:0'\]"):
        run_natively(DeviceRequest(unsigned_file, images))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"picture": np.zeros((1, 1, 16, 16, 3), np.float32)}, r"takes \['image'\], got \['picture'\]"),
        (
            {"image": np.zeros((1, 1, 8, 8, 3), np.float32)},
            r"float32\[1, 16, 16, 3\], got float32\[1, 8, 8, 3\]",
        ),
        ({"image": np.zeros((0, 1, 16, 16, 3), np.float32)}, r"at least one; got \{'image': 0\}"),
        ({"image": np.zeros((1, 1, 16, 16, 3), np.int8)}, r"is float32\[1, 16, 16, 3\], got int8"),
    ],
)
def test_inputs_that_do_not_fit_are_named(files, given, message):
    with pytest.raises(NoriaError, match=message):
        run_natively(DeviceRequest(files["fp32"], given))


def test_a_truncated_file_is_refused(files, images):
    with pytest.raises(NoriaError, match="native: "):
        run_natively(DeviceRequest(files["fp32"][: len(files["fp32"]) // 2], images))
