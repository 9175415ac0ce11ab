"""The policy, which masks what it may not play inside its own graph, and the value network."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras

from components.board_games.game import GameSpec
from components.reinforcement_learning.masking import mask_scores


class MaskedScores(tf_keras.layers.Layer):
    """Logits [n, actions] with the cells of boards [n, rows, columns] that are not empty masked."""

    def call(self, inputs: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Keras' hook."""
        logits, boards = inputs
        cells = tf.reshape(boards, [-1, logits.shape[-1]])
        return mask_scores(logits, tf.not_equal(cells, 0.0))


def build_policy(spec: GameSpec, hidden: tuple[int, ...]) -> Any:
    """Keras model: float32 [n, rows, columns] as GameBatch.observe to masked logits [n, actions].

    Starts near the uniform policy, so that the first games reach many positions.
    """
    boards, outputs = _body(spec, hidden)
    logits = tf_keras.layers.Dense(
        spec.actions, kernel_initializer=tf_keras.initializers.Orthogonal(0.01), name="logits"
    )(outputs)
    return tf_keras.Model(boards, MaskedScores(name="mask")((logits, boards)), name="policy")


def build_value(spec: GameSpec, hidden: tuple[int, ...]) -> Any:
    """Keras model: float32 [n, rows, columns] to the return expected by whoever moves [n, 1]."""
    boards, outputs = _body(spec, hidden)
    # Returns may be as large as the longest game; the optimizer's steps are small beside that.
    values = tf_keras.layers.Dense(1, name="value")(outputs) * float(spec.longest) ** 0.5
    return tf_keras.Model(boards, values, name="value")


def _body(spec: GameSpec, hidden: tuple[int, ...]) -> tuple[Any, Any]:
    boards = tf_keras.Input((spec.rows, spec.columns), name="board")
    # 1 and -1 as two planes: a hit and a miss, own and foreign stones, are not each other's opposites.
    cells = tf_keras.layers.Reshape((spec.actions,))(boards)
    outputs = tf_keras.layers.Concatenate()([tf.nn.relu(cells), tf.nn.relu(-cells)])
    for number, units in enumerate(hidden):
        outputs = tf_keras.layers.Dense(
            units,
            activation="relu",
            kernel_initializer=tf_keras.initializers.Orthogonal(2**0.5),
            name=f"hidden_{number}",
        )(outputs)
    return boards, outputs
