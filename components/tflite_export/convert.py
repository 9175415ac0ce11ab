"""From a SavedModel to a TFLite file that needs no operators but the built-in ones."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from components.model_card import SIGNATURE_KEY
from components.model_samples import Arrays
from components.tflite_export.formats import Format
from components.tflite_export.quantize import operator_name, quantize, read_model
from noria.errors import NoriaError, first_few

PRECISION_METADATA = "reduced_precision_support"
# FP16 weights with accumulation in FP16, and with accumulation in FP32.
FULL_HALF_PRECISION, HALF_PRECISION_WEIGHTS = b"fp16accfp16", b"fp16accfp32"
_EXPECTED_METADATA: dict[Format, bytes] = {
    "fp16": FULL_HALF_PRECISION,
    "fp16_weights": HALF_PRECISION_WEIGHTS,
}


def convert(saved_model: Path, format: Format, calibration: Arrays | None = None) -> bytes:
    """Converts the signature ``serving_default``; inputs and outputs keep their types in every format.

    Args:
        saved_model: Folder of a SavedModel with static shapes.
        format: Precision of weights and arithmetic.
        calibration: For ``int8``: input name to [samples, *shape], whose activations set the ranges of the
            8-bit numbers; never test samples.

    Raises:
        NoriaError: The model needs operators that TFLite does not have, the converter failed, there are no
            samples to calibrate by, or the file does not carry the precision that was asked for.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=[SIGNATURE_KEY])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if format != "fp32":
        # Without DEFAULT the settings below are ignored silently and a plain FP32 file comes out.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if format in ("fp16", "fp16_weights"):
        converter.target_spec.supported_types = [tf.float16]
    if format == "fp16":
        converter.target_spec._experimental_supported_accumulation_type = tf.float16
    if format == "int8":
        if calibration is None:
            raise NoriaError(
                "there are no calibration samples to set the ranges of 8-bit numbers by",
                hint="training steps save them, out of their validation split, in the folder calibration/",
            )
        # Operators without an 8-bit kernel stay in FP32 all the same, and so do those that 8 bits would ruin:
        # float_operators names them.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.representative_dataset = lambda: _samples(calibration)
    try:
        with warnings.catch_warnings():
            # The calibrator runs TensorFlow's own interpreter, which announces its deprecation.
            warnings.filterwarnings("ignore", ".*tf.lite.Interpreter is deprecated", UserWarning)
            data: bytes = quantize(converter) if format == "int8" else converter.convert()
    except Exception as error:  # the converter raises plain Exception, ValueError and its own kinds
        raise _explain(saved_model, format, error) from error
    _check_precision(data, format)
    return data


def precision_metadata(model: bytes) -> bytes | None:
    """The value of ``reduced_precision_support`` in a TFLite file; None where a file has none (FP32)."""
    content = read_model(model)
    for entry in content.metadata or ():
        if entry.name == PRECISION_METADATA.encode():
            data = content.buffers[entry.buffer].data
            return bytes(data).rstrip(b"\0") if data is not None else b""
    return None


def has_int8_tensors(model: bytes) -> bool:
    """Does a TFLite file hold 8-bit weights or activations?"""
    graphs = read_model(model).subgraphs
    return any(tensor.type == schema.TensorType.INT8 for graph in graphs for tensor in graph.tensors)


def float_operators(model: bytes) -> tuple[str, ...]:
    """Kinds of operators that compute with FP32 numbers, sorted; quantizing and dequantizing left out."""
    content, kinds = read_model(model), set()
    for graph in content.subgraphs:
        for operator in graph.operators:
            tensors = [graph.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]
            if any(tensor.type == schema.TensorType.FLOAT32 for tensor in tensors):
                kinds.add(operator_name(content, operator))
    return tuple(sorted(kinds - {"QUANTIZE", "DEQUANTIZE"}))


def _samples(calibration: Arrays) -> Iterator[tuple[str, dict[str, Any]]]:
    for index in range(len(next(iter(calibration.values())))):
        yield SIGNATURE_KEY, {name: np.array(array[index]) for name, array in calibration.items()}


def _check_precision(data: bytes, format: Format) -> None:
    found, expected = precision_metadata(data), _EXPECTED_METADATA.get(format)
    if found != expected:
        raise NoriaError(
            f"the converted file's metadata {PRECISION_METADATA} is {found!r}, expected {expected!r}",
            hint="the converter ignored its precision settings; was another TensorFlow installed?",
        )
    if format in ("int8", "int8_dynamic") and not has_int8_tensors(data):
        raise NoriaError(
            "the converter quantized nothing: the file holds no 8-bit numbers",
            hint="it leaves constants of less than 1,024 numbers as they are",
        )


def _explain(saved_model: Path, format: Format, error: Exception) -> NoriaError:
    text = str(error)
    listed = re.findall(r"^(?:TF Select|Custom) ops: (.*)$", text, flags=re.MULTILINE)
    operators = sorted({name.strip() for line in listed for name in line.split(",")})
    if operators:
        return NoriaError(
            f"{saved_model} needs {first_few(operators, 20)}, which TFLite's built-in operators lack",
            hint="express these with other operators inside the signature, or compute them outside the model",
        )
    return NoriaError(f"the TFLite converter refused {saved_model} as {format}: {text[:2000]}")
