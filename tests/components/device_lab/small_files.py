"""TFLite files of a few operators, converted when they are asked for the first time."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from typing import Any

import tensorflow as tf


@functools.cache
def scores(key: str | None = "serving_default", half: bool = False) -> bytes:
    """``x`` float32[1, 64] and ``ids`` int32[3] to ``y`` float32[1, 8] and ``twice`` int32[3]."""
    weights = tf.random.stateless_normal((64, 8), seed=(1, 2)) / 8

    def graph(x, ids):
        return {"y": tf.nn.tanh(x @ weights), "twice": ids * 2}

    shapes = [tf.TensorSpec((1, 64), tf.float32, name="x"), tf.TensorSpec((3,), tf.int32, name="ids")]

    def settings(converter):
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
            converter.target_spec._experimental_supported_accumulation_type = tf.float16

    return _convert(graph, shapes, settings, key)


@functools.cache
def loose_batch() -> bytes:
    """``x`` float32[?, 4]."""
    return _convert(lambda x: {"y": x * 2.0}, [tf.TensorSpec((None, 4), tf.float32, name="x")])


@functools.cache
def wide_integers() -> bytes:
    """``x`` and ``y`` int64[2]."""
    return _convert(lambda x: {"y": x * 2}, [tf.TensorSpec((2,), tf.int64, name="x")])


@functools.cache
def missing_operator(flex: bool) -> bytes:
    """A determinant, which TFLite lacks: as a custom operator, or as one of TensorFlow's."""

    def settings(converter):
        converter.allow_custom_ops = True
        if flex:
            converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]

    shapes = [tf.TensorSpec((2, 4, 4), tf.float32, name="x")]
    return _convert(lambda x: {"y": tf.linalg.det(x)}, shapes, settings)


@functools.cache
def quantized() -> bytes:
    """``x`` and ``y`` int8[1, 8], a scale with each."""
    weights = tf.random.stateless_normal((8, 8), seed=(1, 2))

    def settings(converter):
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([tf.random.uniform((1, 8))] for _ in range(20))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    return _convert(lambda x: {"y": x @ weights}, [tf.TensorSpec((1, 8), tf.float32, name="x")], settings)


def _convert(
    graph: Callable[..., Any],
    shapes: list[tf.TensorSpec],
    settings: Callable[[tf.lite.TFLiteConverter], None] | None = None,
    key: str | None = "serving_default",
) -> bytes:
    module = tf.Module()
    module.call = tf.function(graph, input_signature=shapes)
    with tempfile.TemporaryDirectory() as folder:
        if key is None:
            bare = [module.call.get_concrete_function()]
            converter = tf.lite.TFLiteConverter.from_concrete_functions(bare)
        else:
            tf.saved_model.save(module, folder, signatures={key: module.call})
            converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[key])
        if settings:
            settings(converter)
        return converter.convert()
