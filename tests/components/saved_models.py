"""Small SavedModels for tests, each in a TrainedModel folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from components.model_card import ModelCard
from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import read_signature

FEATURES, CLASSES, ROWS = 8, 5, 300


class TwoInputs(tf.Module):
    """Logits from a feature vector and the mean of embedded ids; inputs are named out of order."""

    def __init__(self, seed: int = 0, weights: Callable[[np.ndarray], np.ndarray] = lambda w: w) -> None:
        super().__init__()
        random = np.random.default_rng(seed)
        self.kernel = tf.Variable(weights(random.normal(size=(FEATURES, CLASSES)).astype(np.float32)))
        self.table = tf.Variable(random.normal(size=(ROWS, FEATURES)).astype(np.float32))

    @tf.function(
        input_signature=[
            tf.TensorSpec([1, FEATURES], tf.float32, name="zeta"),
            tf.TensorSpec([4], tf.int32, name="ids"),
        ]
    )
    def serve(self, zeta: Any, ids: Any) -> Mapping[str, Any]:
        hidden = zeta + tf.reduce_mean(tf.gather(self.table, ids), axis=0, keepdims=True)
        return {"logits": tf.matmul(hidden, self.kernel), "hidden": tf.nn.relu(hidden)}


def two_input_examples(count: int, seed: int = 1) -> dict[str, np.ndarray]:
    """``count`` random samples for TwoInputs."""
    random = np.random.default_rng(seed)
    return {
        "zeta": random.normal(size=(count, 1, FEATURES)).astype(np.float32),
        "ids": random.integers(0, ROWS, size=(count, 4), dtype=np.int32),
    }


def save_two_inputs(
    folder: Path,
    module: TwoInputs | None = None,
    task: Literal["classification", "regression"] = "classification",
    count: int = 40,
) -> ModelFolder:
    """A TrainedModel folder with TwoInputs in it."""
    module = module or TwoInputs()
    saved = folder / "saved_model"
    tf.saved_model.save(module, str(saved), signatures={"serving_default": module.serve})
    card = ModelCard(name="two_inputs", task=task, primary_output="logits", signature=read_signature(saved))
    return save_model_folder(folder, card, two_input_examples(count))
