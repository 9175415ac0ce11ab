"""A small network that convolves, as files in several formats, and the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.components.emulated_devices import require_emulator

SHAPE = (1, 16, 16, 3)


@pytest.fixture(scope="session")
def emulator() -> Path:
    return require_emulator()


class ConvolutionNet(tf.Module):
    """Two convolutions and a dense layer with seeded weights."""

    def __init__(self) -> None:
        super().__init__()
        random = np.random.default_rng(0)
        shapes = ((3, 3, 3, 8), (3, 3, 8, 16), (8 * 8 * 16, 10))
        self.kernels = [
            tf.Variable((random.normal(size=s) / np.sqrt(np.prod(s[:-1]))).astype(np.float32)) for s in shapes
        ]

    @tf.function(input_signature=[tf.TensorSpec(SHAPE, tf.float32, name="image")])
    def serve(self, image: Any) -> dict[str, Any]:
        first, second, dense = self.kernels
        hidden = tf.nn.relu(tf.nn.conv2d(image, first, 1, "SAME"))
        hidden = tf.nn.relu(tf.nn.conv2d(hidden, second, 2, "SAME"))
        return {"logits": tf.matmul(tf.reshape(hidden, (1, -1)), dense)}


@pytest.fixture(scope="session")
def images() -> dict[str, np.ndarray]:
    return {"image": np.random.default_rng(1).random((3, *SHAPE)).astype(np.float32)}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, images: dict[str, np.ndarray]) -> dict[str, bytes]:
    """The network as ``fp32``, ``fp16`` (accumulation too) and ``int8`` (inputs and outputs too)."""
    module, folder = ConvolutionNet(), tmp_path_factory.mktemp("network")
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})

    def half(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        converter.target_spec._experimental_supported_accumulation_type = tf.float16

    def integer(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ({"image": image} for image in images["image"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    settings: dict[str, Callable[[Any], None]] = {"fp32": lambda _: None, "fp16": half, "int8": integer}
    made = {}
    for name, apply in settings.items():
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
        apply(converter)
        made[name] = converter.convert()
    return made


@pytest.fixture(scope="session")
def unsigned_file(files: dict[str, bytes]) -> bytes:
    """The ``fp32`` file without its signature: tensors have names, inputs have not."""
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers import Builder

    content = schema.ModelT.InitFromObj(schema.Model.GetRootAs(files["fp32"], 0))
    content.signatureDefs = None
    builder = Builder(len(files["fp32"]))
    builder.Finish(content.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
