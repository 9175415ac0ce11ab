"""Writes an agent's policy as a TrainedModel folder with observations from its own play."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.model_card import SIGNATURE_KEY, ModelCard, Signature, TensorSpec
from components.model_folder import save_model_folder
from components.playlist_simulation.observation import Observation, ObservationSpec
from components.signature_contract import write_function_type

OUTPUT, BATCH = "scores", "batch"


def save_agent(
    folder: Path,
    name: str,
    policy: Any,
    spec: ObservationSpec,
    seen: Observation,
    facts: Mapping[str, Any],
    calibration: Observation | None = None,
) -> None:
    """Saves a policy with two signatures: ``serving_default`` takes one observation, ``batch`` any number.

    Args:
        folder: The TrainedModel folder.
        name: Of the model.
        policy: Keras model, see ``networks.masked_policy``.
        spec: Sizes and names of what it sees; kept on the card.
        seen: Examples.
        facts: For the card.
        calibration: Observations of training sessions, to quantize and to choose a format by.
    """
    module = tf.Module()
    module.policy = policy

    def signature(rows: int | None) -> Any:
        def run(state: tf.Tensor, candidates: tf.Tensor, mask: tf.Tensor) -> dict[str, tf.Tensor]:
            scores = module.policy([state, candidates, mask])
            return {OUTPUT: tf.ensure_shape(scores, [rows, spec.candidates])}

        inputs = {
            key: tf.TensorSpec([rows, *shape], tf.float32, name=key) for key, shape in spec.shapes.items()
        }
        return tf.function(run).get_concrete_function(**inputs)

    signatures = {SIGNATURE_KEY: signature(1), BATCH: signature(None)}
    tf.saved_model.save(module, str(folder / "saved_model"), signatures=signatures)
    card = ModelCard(
        name=name,
        keras=2,
        task="classification",
        primary_output=OUTPUT,
        signature=Signature(
            inputs={
                key: TensorSpec(shape=(1, *shape), dtype="float32") for key, shape in spec.shapes.items()
            },
            outputs={OUTPUT: TensorSpec(shape=(1, spec.candidates), dtype="float32")},
        ),
        facts={
            "spec": {"state": list(spec.state), "candidate": list(spec.candidate)},
            "parameters": policy.count_params(),
            **facts,
        },
    )
    write_function_type(folder, signatures[SIGNATURE_KEY])
    # No labels: nobody tells an agent the right item.
    others = _arrays(calibration) if calibration else None
    save_model_folder(folder, card, _arrays(seen), calibration=others)


def _arrays(seen: Observation) -> dict[str, Any]:
    return {
        "state": seen.state[:, None],
        "candidates": seen.candidates[:, None],
        "mask": seen.mask[:, None].astype(np.float32),
    }
