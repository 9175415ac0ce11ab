"""Full 8-bit files of models with a mask or a logarithm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.tflite_export.convert import convert, float_operators, has_int8_tensors
from components.tflite_runner import TfliteRunner

WIDTH, SAMPLES = 64, 200


def random(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def answers(folder: Path, model: Callable[[Any], Any], samples: np.ndarray) -> tuple[Any, Any, bytes]:
    """The model's and its int8 file's [samples, outputs] on samples that it was not quantized by."""
    module = tf.Module()
    module.serve = tf.function(
        lambda x: {"y": model(x)}, input_signature=[tf.TensorSpec([1, WIDTH], tf.float32, name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    half = len(samples) // 2
    data = convert(folder, "int8", {"x": samples[:half, None]})
    runner = TfliteRunner(data)
    found = np.concatenate([runner({"x": sample[None]})["y"] for sample in samples[half:]])
    return np.concatenate([model(sample[None]) for sample in samples[half:]]), found, data


def error(found: Any, expected: Any) -> float:
    """Root mean square of the error, as a share of the answers' deviation: single values may be cut off."""
    return float(np.sqrt(np.square(found - expected).mean()) / expected.std())


@pytest.mark.parametrize("masked", [-30000.0, -1e9])
def test_a_mask_costs_the_other_scores_nothing(tmp_path: Path, masked: float) -> None:
    kernel = tf.constant(random(WIDTH, WIDTH) / 8)

    def model(x: Any) -> Any:
        scores = tf.minimum(tf.maximum(tf.matmul(x, kernel), -1000.0), 1000.0)
        return tf.where(tf.not_equal(x, 0.0), scores, tf.constant(masked))

    samples = random(SAMPLES, WIDTH, seed=1) * (random(SAMPLES, WIDTH, seed=2) > 0)
    expected, found, data = answers(tmp_path, model, samples)
    assert np.array_equal(found == np.float32(masked), expected == np.float32(masked))
    allowed = expected != np.float32(masked)
    assert error(found[allowed], expected[allowed]) < 0.2
    assert has_int8_tensors(data)
    assert "FULLY_CONNECTED" not in float_operators(data)


def test_what_takes_a_masked_value_stays_in_single_precision(tmp_path: Path) -> None:
    kernel, last = tf.constant(random(WIDTH, WIDTH) / 8), tf.constant(random(WIDTH, WIDTH, seed=3) / 8)

    def model(x: Any) -> Any:
        scores = tf.where(x > 0.0, tf.matmul(x, kernel), tf.constant(-30000.0))
        return tf.matmul(tf.nn.softmax(scores), last)

    expected, found, data = answers(tmp_path, model, random(SAMPLES, WIDTH, seed=1))
    assert error(found, expected) < 0.2
    assert "SOFTMAX" in float_operators(data)


def test_a_choice_between_values_of_one_size_is_quantized(tmp_path: Path) -> None:
    kernel = tf.constant(random(WIDTH, WIDTH) / 8)

    def model(x: Any) -> Any:
        values = tf.matmul(x, kernel)
        return tf.matmul(tf.where(values > 0.5, values, tf.constant(-1.0)), kernel)

    expected, found, data = answers(tmp_path, model, random(SAMPLES, WIDTH, seed=1))
    assert error(found, expected) < 0.2
    assert not {"SELECT", "SELECT_V2", "FULLY_CONNECTED"} & set(float_operators(data))


def test_small_values_before_a_logarithm_are_kept_apart(tmp_path: Path) -> None:
    kernel, last = tf.constant(random(WIDTH, WIDTH) / 8), tf.constant(random(WIDTH, WIDTH, seed=3) / 8)

    def model(x: Any) -> Any:
        power = tf.square(tf.matmul(x, kernel)) * 10.0 ** np.linspace(-3, 3, WIDTH, dtype=np.float32)
        return tf.matmul(tf.math.log(power + 1e-4), last)

    expected, found, data = answers(tmp_path, model, random(SAMPLES, WIDTH, seed=1))
    assert error(found, expected) < 0.2
    assert {"LOG", "FULLY_CONNECTED"} <= set(float_operators(data))
    assert has_int8_tensors(data)


def test_layers_with_an_activation_before_a_logarithm_are_quantized(tmp_path: Path) -> None:
    kernel, last = tf.constant(random(WIDTH, WIDTH) / 8), tf.constant(np.abs(random(WIDTH, 4, seed=3)))

    def model(x: Any) -> Any:
        hidden = tf.nn.relu(tf.matmul(tf.nn.relu(tf.matmul(x, kernel)), kernel))
        return tf.math.log(tf.matmul(hidden, last) + 1.0)

    expected, found, data = answers(tmp_path, model, random(SAMPLES, WIDTH, seed=1))
    assert error(found, expected) < 0.2
    assert "LOG" in float_operators(data)
    assert has_int8_tensors(data)


def test_a_model_without_either_is_quantized_as_ever(tmp_path: Path) -> None:
    kernel = tf.constant(random(WIDTH, WIDTH) / 8)
    expected, found, data = answers(
        tmp_path,
        lambda x: tf.matmul(tf.nn.relu(tf.matmul(x, kernel)), kernel),
        random(SAMPLES, WIDTH, seed=1),
    )
    assert error(found, expected) < 0.2
    assert float_operators(data) == ()
