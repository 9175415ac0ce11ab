"""From a SavedModel to a TFLite file that needs no operators but the built-in ones."""

from __future__ import annotations

import re
from pathlib import Path

import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from components.model_folder import SIGNATURE_KEY
from noria.errors import NoriaError, first_few

PRECISION_METADATA = "reduced_precision_support"
# Weights in FP16 and accumulation in FP16; "fp16accfp32" would be what comes without the second setting.
FULL_HALF_PRECISION = b"fp16accfp16"


def convert(saved_model: Path, *, half: bool) -> bytes:
    """Converts the signature ``serving_default``.

    Args:
        saved_model: Folder of a SavedModel with static shapes.
        half: FP16 weights and accumulation, marked in the file's metadata; else plain FP32.

    Raises:
        NoriaError: The model needs operators that TFLite does not have, or the converter failed, or the
            file does not carry the precision that was asked for.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=[SIGNATURE_KEY])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if half:
        # Without DEFAULT the two settings after it are ignored silently and a plain FP32 file comes out.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        converter.target_spec._experimental_supported_accumulation_type = tf.float16
    try:
        data: bytes = converter.convert()
    except Exception as error:  # the converter raises plain Exception, ValueError and its own kinds
        raise _explain(saved_model, error) from error
    found = precision_metadata(data)
    expected = FULL_HALF_PRECISION if half else None
    if found != expected:
        raise NoriaError(
            f"the converted file's metadata {PRECISION_METADATA} is {found!r}, expected {expected!r}",
            hint="the converter ignored its precision settings; was another TensorFlow installed?",
        )
    return data


def precision_metadata(model: bytes) -> bytes | None:
    """The value of ``reduced_precision_support`` in a TFLite file; None where a file has none (FP32)."""
    content = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    for entry in content.metadata or ():
        if entry.name == PRECISION_METADATA.encode():
            data = content.buffers[entry.buffer].data
            return bytes(data).rstrip(b"\0") if data is not None else b""
    return None


def _explain(saved_model: Path, error: Exception) -> NoriaError:
    text = str(error)
    listed = re.findall(r"^(?:TF Select|Custom) ops: (.*)$", text, flags=re.MULTILINE)
    operators = sorted({name.strip() for line in listed for name in line.split(",")})
    if operators:
        return NoriaError(
            f"{saved_model} needs {first_few(operators, 20)}, which TFLite's built-in operators lack",
            hint="express these with other operators inside the signature, or compute them outside the model",
        )
    return NoriaError(f"the TFLite converter refused {saved_model}: {text[:2000]}")
