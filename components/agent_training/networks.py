"""Networks over observations, and what makes one of them a policy that masks inside its own graph.

All take a list of state [n, S], candidates [n, C, F] and mask [n, C] (1 = allowed). Inputs are standardised
by layers whose numbers are set before training, so that a saved model takes raw observations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components.playlist_simulation.observation import Observation, ObservationSpec
from components.reinforcement_learning.masking import MASKED, mask_scores

# Standardised inputs are cut off here: a feature that hardly varied in training must not rule later.
_LARGEST_INPUT = 5.0
_SMALLEST_DEVIATION = 1e-2


class Standardise(tf_keras.layers.Layer):
    """(input - mean) / deviation per column, within bounds."""

    def build(self, shape: Any) -> None:
        """Keras' hook."""
        self.mean = self.add_weight("mean", [shape[-1]], initializer="zeros", trainable=False)
        self.scale = self.add_weight("scale", [shape[-1]], initializer="ones", trainable=False)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Keras' hook."""
        scaled = (inputs - self.mean) * self.scale
        return tf.minimum(tf.maximum(scaled, -_LARGEST_INPUT), _LARGEST_INPUT)

    def adapt(self, rows: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        """Sets mean and deviation to those of rows [n, columns]."""
        self.mean.assign(rows.mean(axis=0))
        self.scale.assign(1.0 / np.maximum(rows.std(axis=0), _SMALLEST_DEVIATION))


class MaskScores(tf_keras.layers.Layer):
    """Scores [n, C] with what the mask [n, C] forbids far below everything else."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Keras' hook."""
        scores, mask = inputs
        return mask_scores(scores, mask <= 0.5)


def build_action_head(spec: ObservationSpec, hidden: tuple[int, ...], last: float = 1.0) -> Any:
    """Keras model: scores [n, C], each of its own candidate and the state, by shared weights.

    C may differ from call to call: training scores only what was chosen.

    Args:
        spec: Sizes.
        hidden: Units per layer.
        last: Gain of the last layer's first weights; small = near the uniform policy.
    """
    inputs = _inputs(spec, None)
    outputs = _candidate_layers(inputs, hidden)
    scores = tf_keras.layers.Dense(1, kernel_initializer=_orthogonal(last), name="scores")(outputs)
    return tf_keras.Model(inputs, tf.squeeze(scores, axis=-1), name="action_head")


def build_slots(spec: ObservationSpec, hidden: tuple[int, ...]) -> Any:
    """Keras model: scores [n, C] from the state and all candidates side by side, one output per slot."""
    inputs = _inputs(spec, spec.candidates)
    state, candidates, mask = inputs
    shown = Standardise(name="candidate_scale")(candidates) * mask[..., None]
    flat = tf_keras.layers.Flatten()(shown)
    outputs = tf_keras.layers.Concatenate()([Standardise(name="state_scale")(state), flat, mask])
    outputs = _dense(outputs, hidden)
    scores = tf_keras.layers.Dense(spec.candidates, kernel_initializer=_orthogonal(1.0), name="scores")(
        outputs
    )
    return tf_keras.Model(inputs, scores, name="slots")


def build_value(spec: ObservationSpec, hidden: tuple[int, ...]) -> Any:
    """Keras model: the return to come [n], from the state and the allowed candidates' mean and maximum."""
    inputs = _inputs(spec, spec.candidates)
    state, candidates, mask = inputs
    pooled = _pooled(Standardise(name="candidate_scale")(candidates), mask)
    outputs = tf_keras.layers.Concatenate()([Standardise(name="state_scale")(state), *pooled])
    value = tf_keras.layers.Dense(1, name="value")(_dense(outputs, hidden))
    return tf_keras.Model(inputs, tf.squeeze(value, axis=-1), name="value")


def build_policy_with_value(spec: ObservationSpec, hidden: tuple[int, ...]) -> Any:
    """Keras model: logits [n, C] as ``build_action_head``, and a value [n] from the same hidden layers.

    The value is what phasic policy gradient distils into the policy's layers.
    """
    inputs = _inputs(spec, spec.candidates)
    outputs = _candidate_layers(inputs, hidden)
    scores = tf_keras.layers.Dense(1, kernel_initializer=_orthogonal(0.01), name="scores")(outputs)
    joined = tf_keras.layers.Concatenate()(list(_pooled(outputs, inputs[2])))
    value = tf_keras.layers.Dense(1, name="auxiliary_value")(joined)
    return tf_keras.Model(inputs, [tf.squeeze(scores, -1), tf.squeeze(value, -1)], name="policy_with_value")


def masked_policy(network: Any, spec: ObservationSpec) -> Any:
    """Keras model: masked scores [n, C] of a network whose first or only output they are."""
    inputs = _inputs(spec, spec.candidates)
    outputs = network(inputs)
    scores = outputs[0] if isinstance(outputs, list | tuple) else outputs
    return tf_keras.Model(inputs, MaskScores(name="masked_scores")((scores, inputs[2])), name="policy")


def adapt(network: Any, seen: Observation) -> None:
    """Standardises a network's inputs by observations; padding and what the mask forbids do not count."""
    network.get_layer("state_scale").adapt(seen.state)
    network.get_layer("candidate_scale").adapt(seen.candidates[seen.mask])


def _inputs(spec: ObservationSpec, candidates: int | None) -> list[Any]:
    return [
        tf_keras.Input((len(spec.state),), name="state"),
        tf_keras.Input((candidates, len(spec.candidate)), name="candidates"),
        tf_keras.Input((candidates,), name="mask"),
    ]


def _candidate_layers(inputs: list[Any], hidden: tuple[int, ...]) -> Any:
    state = Standardise(name="state_scale")(inputs[0])
    candidates = Standardise(name="candidate_scale")(inputs[1])
    # A layer over both, side by side, without repeating the state's part for each candidate.
    of_state = tf_keras.layers.Dense(hidden[0], kernel_initializer=_orthogonal(1.0), name="of_state")(state)
    of_candidate = tf_keras.layers.Dense(
        hidden[0], use_bias=False, kernel_initializer=_orthogonal(1.0), name="of_candidate"
    )(candidates)
    return _dense(tf.nn.relu(of_candidate + of_state[:, None, :]), hidden[1:])


def _dense(outputs: Any, hidden: tuple[int, ...]) -> Any:
    for number, units in enumerate(hidden):
        outputs = tf_keras.layers.Dense(
            units, activation="relu", kernel_initializer=_orthogonal(2**0.5), name=f"hidden_{number}"
        )(outputs)
    return outputs


def _pooled(rows: Any, mask: Any) -> tuple[Any, Any]:
    """Mean and maximum [n, F] of the rows [n, C, F] that the mask allows."""
    allowed = mask[..., None]
    count = tf.maximum(tf.reduce_sum(mask, axis=1, keepdims=True), 1.0)
    mean = tf.reduce_sum(rows * allowed, axis=1) / count
    return mean, tf.reduce_max(tf.where(allowed > 0.5, rows, tf.constant(MASKED, rows.dtype)), axis=1)


def _orthogonal(gain: float) -> Any:
    return tf_keras.initializers.Orthogonal(gain)
