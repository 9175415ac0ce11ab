"""Conversion: the file's precision is what was asked for, and errors say why there is no file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.model_folder import ModelFolder
from components.saved_model import read_signature
from components.tflite_export.convert import FULL_HALF_PRECISION, convert, precision_metadata
from noria.errors import DataError, NoriaError
from tests.components.saved_models import save_two_inputs


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return save_two_inputs(tmp_path_factory.mktemp("model"))


def save_function(folder: Path, function: Callable[[Any], Any], shape: list[int | None]) -> Path:
    module = tf.Module()
    module.serve = tf.function(
        lambda x: {"y": function(x)}, input_signature=[tf.TensorSpec(shape, tf.float32, name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return folder


def test_half_precision_is_told_from_full(model: ModelFolder) -> None:
    half, full = convert(model.saved_model, "fp16"), convert(model.saved_model, "fp32")
    assert precision_metadata(half) == FULL_HALF_PRECISION
    assert precision_metadata(full) is None
    # The table of 300 x 8 numbers is most of the file.
    assert len(half) < 0.75 * len(full)


def test_accumulation_in_full_precision_is_told_apart(model: ModelFolder) -> None:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(model.saved_model))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    assert precision_metadata(converter.convert()) != FULL_HALF_PRECISION


def test_a_converter_that_ignores_precision_is_noticed(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = convert(model.saved_model, "fp32")
    monkeypatch.setattr("tensorflow.lite.TFLiteConverter.from_saved_model", lambda *_, **__: Plain(plain))
    with pytest.raises(NoriaError, match=r"is None, expected b'fp16accfp16'"):
        convert(model.saved_model, "fp16")


class Plain:
    """A converter that gives an FP32 file whatever it is asked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.target_spec = tf.lite.TargetSpec()

    def convert(self) -> bytes:
        return self._data


def test_the_same_model_gives_the_same_file_in_another_process(model: ModelFolder, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from components.tflite_export.convert import convert; "
        "Path(sys.argv[2]).write_bytes(convert(Path(sys.argv[1]), 'fp16'))"
    )
    other = tmp_path / "other.tflite"
    subprocess.run([sys.executable, "-c", code, model.saved_model, other], check=True, capture_output=True)
    assert other.read_bytes() == convert(model.saved_model, "fp16")


@pytest.mark.parametrize(
    ("function", "operators"),
    [
        (tf.math.bessel_i0, "BesselI0"),
        (lambda x: tf.strings.length(tf.strings.as_string(x)), "AsString, StringLength"),
    ],
)
def test_operators_that_tflite_lacks_are_named(
    tmp_path: Path, function: Callable[[Any], Any], operators: str
) -> None:
    saved = save_function(tmp_path, function, [1, 4])
    with pytest.raises(NoriaError, match=f"needs {operators}, which TFLite's built-in operators lack"):
        convert(saved, "fp16")


@pytest.mark.parametrize("shape", [[None, 4], [1, None]])
def test_dynamic_shapes_are_refused(tmp_path: Path, shape: list[int | None]) -> None:
    saved = save_function(tmp_path, lambda x: 2 * x, shape)
    with pytest.raises(DataError, match=r"input 'x' has the dynamic shape .*None") as error:
        read_signature(saved)
    assert "fixed sizes" in error.value.hint


def test_a_dynamic_output_is_refused(tmp_path: Path) -> None:
    saved = save_function(tmp_path, lambda x: tf.boolean_mask(x, x > 0), [1, 4])
    with pytest.raises(DataError, match="output 'y' has the dynamic shape"):
        read_signature(saved)


def test_other_types_are_refused(tmp_path: Path) -> None:
    saved = save_function(tmp_path, lambda x: tf.cast(x, tf.int64), [1, 4])
    with pytest.raises(DataError, match="output 'y' is int64, expected float32 or int32"):
        read_signature(saved)


def test_a_missing_signature_is_named(tmp_path: Path) -> None:
    module = tf.Module()
    module.weights = tf.Variable(np.zeros(3, np.float32))
    tf.saved_model.save(module, str(tmp_path))
    with pytest.raises(DataError, match="no signature 'serving_default'"):
        read_signature(tmp_path)
