"""What each format is computed in, counted on an emulated processor with half precision."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from components.device_lab.device_run import DeviceRequest
from components.device_lab.emulated import run_emulated
from components.device_lab.profiles import find_profile
from components.tflite_export.convert import convert
from components.tflite_export.formats import FORMATS, Format
from tests.components.emulated_devices import STRICT, require_emulator
from tests.components.saved_models import save_two_inputs, two_input_examples


@pytest.mark.slow
def test_only_fp16_takes_the_half_precision_path(tmp_path: Path) -> None:
    require_emulator()
    model, samples = save_two_inputs(tmp_path / "model", count=2), two_input_examples(50, seed=5)
    examples = {name: np.array(array) for name, array in model.examples().items()}
    profile, half, integer = find_profile("neoverse-n1"), set[Format](), set[Format]()
    for format in FORMATS:
        data = convert(model.saved_model, format, samples)
        run = run_emulated(profile, DeviceRequest(data, examples), install=False)
        if run.instructions is None and not os.environ.get(STRICT):
            pytest.skip("nothing counts instructions here: there is no C compiler")
        assert run.instructions is not None
        half |= {format} if run.instructions.half else set()
        integer |= {format} if run.instructions.integer else set()
    assert half == {"fp16"}
    assert integer == {"int8"}
