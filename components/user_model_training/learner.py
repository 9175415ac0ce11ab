"""The compiled step that fits a user network, and its predictions on a replay."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components.playlist_simulation.observation import Floats
from components.user_model_training.batches import Batch, batch_of
from components.user_model_training.config import Kind, UserModelTrainingConfig
from components.user_model_training.network import UserNetwork
from components.user_model_training.recalibration import fit_line
from components.user_model_training.replay import Replay

# Sessions predicted at once.
_AT_ONCE = 1024
_UNCHANGED = [[1.0, 0.0], [1.0, 0.0]]


class Learner:
    """A network and its optimizer.

    The loss per track is the cross-entropy of the response plus that of leaving where it is known, each a
    weighted mean over the batch: the negative log likelihood of what a user does at a track.
    """

    def __init__(self, kind: Kind, rows: Replay, config: UserModelTrainingConfig) -> None:
        # Else parallel operations may add in any order, and the same seed gives other weights.
        tf.config.experimental.enable_op_determinism()
        tf_keras.utils.set_random_seed(config.seed)
        self.network = UserNetwork(rows, config.memory if kind == "sequential" else 0, config.hidden)
        self._variables = self.network.trainable_variables
        self._decayed = [v for v in self._variables if v.shape.rank > 1 and "_line" not in v.name]
        self._decay = config.weight_decay
        self._optimizer = tf_keras.optimizers.Adam(config.learning_rate, clipnorm=1.0)
        self._optimizer.build(self._variables)
        signature = _signature(rows)
        self._step = tf.function(self._take_step, input_signature=[signature, tf.TensorSpec([])])
        self._forward = tf.function(self._logits, input_signature=[signature])

    def learn(self, batch: Batch, rate: float) -> float:
        """One step; returns the batch's loss before it."""
        loss: float = self._step(_tensors(batch), tf.constant(rate)).numpy()
        return loss

    def predict(self, rows: Replay) -> tuple[Floats, Floats]:
        """Probabilities of completing and of leaving, float32 [T] each, given what came before in the log."""
        completed, left = (tf.sigmoid(logits).numpy() for logits in self._logits_of(rows))
        return completed, left

    def recalibrate(self, rows: Replay) -> None:
        """Fits slope and offset of both heads' logits to rows that were not trained on (Platt scaling).

        A network is too sure of itself on new sessions, and tastes have changed since those it learned from.
        """
        self.network.adjusted.assign(_UNCHANGED)
        completed, left = (logits.numpy() for logits in self._logits_of(rows))
        known = rows.watched
        lines = [fit_line(completed, rows.response), fit_line(left[known], rows.left[known])]
        self.network.adjusted.assign(lines)

    def _logits_of(self, rows: Replay) -> list[tf.Tensor]:
        parts = [
            self._forward(_tensors(batch_of(rows, sessions)))
            for sessions in np.split(np.arange(rows.sessions), range(_AT_ONCE, rows.sessions, _AT_ONCE))
        ]
        return [tf.concat(logits, axis=0) for logits in zip(*parts, strict=True)]

    def weights(self) -> list[Floats]:
        """What training changes of the network."""
        return [variable.numpy() for variable in self._variables]

    def restore(self, weights: list[Floats]) -> None:
        """Takes over what ``weights`` gave."""
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(value)

    def _take_step(self, batch: dict[str, tf.Tensor], rate: tf.Tensor) -> tf.Tensor:
        self._optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            completed, left = self._logits(batch)
            responses = tf.gather(tf.reshape(batch["responses"], [-1]), batch["places"])
            loss = _entropy(responses, completed, batch["weight"])
            loss += _entropy(batch["left"], left, batch["weight"] * batch["watched"])
            total = loss + self._decay * tf.add_n([tf.nn.l2_loss(variable) for variable in self._decayed])
        gradients = tape.gradient(total, self._variables)
        self._optimizer.apply_gradients(zip(gradients, self._variables, strict=True))
        return loss

    def _logits(self, batch: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        network, places = self.network, batch["places"]
        before, after = network.memories(batch["first_state"], batch["chosen"], batch["responses"])
        chosen = tf.gather(tf.reshape(batch["chosen"], [-1, network.shapes[1]]), places)
        responses = tf.gather(tf.reshape(batch["responses"], [-1]), places)
        before, after = (
            tf.gather(tf.reshape(memory, [-1, network.memory]), places)
            if network.memory
            else tf.zeros([tf.shape(places)[0], 0])
            for memory in (before, after)
        )
        completed = network.completion_logits(before, batch["state"], chosen[:, None])[:, 0]
        return completed, network.leaving_logits(after, batch["state"], chosen, responses)


def _entropy(actual: tf.Tensor, logits: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(actual, logits)
    # Without rows the sum is 0, and so is the loss.
    return tf.reduce_sum(entropy * weight) / tf.maximum(tf.reduce_sum(weight), 1e-6)


def _tensors(batch: Batch) -> dict[str, Any]:
    return {field.name: tf.constant(getattr(batch, field.name)) for field in fields(batch)}


def _signature(rows: Replay) -> dict[str, tf.TensorSpec]:
    state, track = rows.state.shape[1], rows.chosen.shape[1]
    shapes: dict[str, list[int | None]] = {
        "first_state": [None, state],
        "chosen": [None, rows.longest, track],
        "responses": [None, rows.longest],
        "state": [None, state],
        "left": [None],
        "watched": [None],
        "weight": [None],
    }
    specs = {name: tf.TensorSpec(shape, tf.float32) for name, shape in shapes.items()}
    return {**specs, "places": tf.TensorSpec([None], tf.int64)}
