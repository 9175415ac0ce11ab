"""The networks of user models: one with a memory of the session (GRU), one without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components.playlist_simulation.observation import Floats
from components.user_model_training.replay import Replay

# Standardised inputs are cut off here: a simulated session may leave what was seen in logs.
_LIMIT = 6.0
# Longer sessions are stepped through by a loop, for a graph of so many steps takes long to build.
_LONGEST_UNROLLED = 40


class UserNetwork(tf.Module):
    """Completion and leaving as functions of the memory, the state and the track.

    The completion's logit is a dense network on memory, state and candidate, plus the product of the
    candidate with a vector that memory and state give (taste is such a product), plus what simply adds up.

    Attributes:
        memory: Units of the memory; 0 = none.
        shapes: Columns of the state and of a candidate.
    """

    def __init__(self, rows: Replay, memory: int, hidden: tuple[int, ...]) -> None:
        """Untrained; ``rows`` are the training rows, for mean and deviation of each column."""
        super().__init__(name="user_model")
        self.memory = memory
        self.shapes = (rows.state.shape[1], rows.chosen.shape[1])
        self._state_scale = _standard(rows.state)
        self._track_scale = _standard(rows.chosen)
        dense = tf_keras.layers.Dense
        # The first layer in two parts: what is the same for all candidates is computed once.
        self._context = dense(hidden[0], name="context")
        self._track = dense(hidden[0], use_bias=False, name="track")
        self._taste = dense(self.shapes[1], kernel_initializer="zeros", name="taste")
        self._completion = [dense(units, "relu", name=f"completion_{units}") for units in hidden[1:]]
        self._completed = dense(1, name="completed")
        self._leaving = [dense(units, "relu", name=f"leaving_{units}") for units in hidden]
        self._left = dense(1, name="left")
        # Effects that simply add up, which weight decay spares.
        self._context_line, self._track_line, self._leaving_line = (
            dense(1, use_bias=False, kernel_initializer="zeros", name=name)
            for name in ("context_line", "track_line", "leaving_line")
        )
        if memory:
            self._first = dense(memory, "tanh", name="first")
            self._cell = tf_keras.layers.GRUCell(memory, name="cell")
        # Slope and offset of the logits of completing and of leaving, see ``Learner.recalibrate``.
        self.adjusted = tf.Variable([[1.0, 0.0], [1.0, 0.0]], trainable=False, name="adjusted")
        # Makes the variables.
        state, track = (tf.zeros([1, width]) for width in self.shapes)
        start = self.start(state)
        self.completion_logits(start, state, track[:, None])
        self.listen(start, state, track, tf.zeros([1]))

    def start(self, state: tf.Tensor) -> tf.Tensor:
        """Memory [n, H] of sessions that begin with states [n, S]."""
        if not self.memory:
            return tf.zeros([tf.shape(state)[0], 0])
        return self._first(_scaled(state, self._state_scale))

    def completion_logits(self, memory: tf.Tensor, state: tf.Tensor, candidates: tf.Tensor) -> tf.Tensor:
        """[n, C] for candidates [n, C, F]."""
        context = tf.concat([memory, _scaled(state, self._state_scale)], axis=1)
        tracks = _scaled(candidates, self._track_scale)
        hidden = tf.nn.relu(self._context(context)[:, None] + self._track(tracks))
        for layer in self._completion:
            hidden = layer(hidden)
        match = tf.linalg.matvec(tracks, self._taste(context))
        lines = self._context_line(context) + self._track_line(tracks)[..., 0]
        return self._adjust(0, self._completed(hidden)[..., 0] + match + lines)

    def complete(self, memory: tf.Tensor, state: tf.Tensor, candidates: tf.Tensor) -> tf.Tensor:
        """Probabilities [n, C] for candidates [n, C, F]."""
        return tf.sigmoid(self.completion_logits(memory, state, candidates))

    def listen(
        self, memory: tf.Tensor, state: tf.Tensor, chosen: tf.Tensor, responses: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Memory [n, H] after the tracks [n, F], and the probability of leaving then [n]."""
        after = self._cell(self._heard(chosen, responses), [memory])[0] if self.memory else memory
        return after, tf.sigmoid(self.leaving_logits(after, state, chosen, responses))

    def leaving_logits(
        self, after: tf.Tensor, state: tf.Tensor, chosen: tf.Tensor, responses: tf.Tensor
    ) -> tf.Tensor:
        """[n], with the memory after the track and the state before it."""
        scaled = _scaled(state, self._state_scale)
        inputs = hidden = tf.concat([after, scaled, self._heard(chosen, responses)], axis=1)
        for layer in self._leaving:
            hidden = layer(hidden)
        return self._adjust(1, (self._left(hidden) + self._leaving_line(inputs))[:, 0])

    def memories(
        self, first_state: tf.Tensor, chosen: tf.Tensor, responses: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Memory before and after every track of whole sessions, [n, L, H] each.

        Args:
            first_state: [n, S].
            chosen: [n, L, F].
            responses: [n, L].
        """
        start = self.start(first_state)
        if not self.memory:
            empty = tf.zeros([tf.shape(chosen)[0], tf.shape(chosen)[1], 0])
            return empty, empty
        # Made here, for a layer that no signature calls is not to be saved.
        steps = tf_keras.layers.RNN(
            self._cell, return_sequences=True, unroll=chosen.shape[1] <= _LONGEST_UNROLLED
        )
        after = steps(self._heard(chosen, responses), initial_state=[start])
        return tf.concat([start[:, None], after[:, :-1]], axis=1), after

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Concrete functions ``start``, ``complete``, ``listen`` for any number of rows."""
        state, track = self.shapes
        memory_spec = _spec([None, self.memory], "memory")
        state_spec = _spec([None, state], "state")

        def begin(state: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"memory": self.start(state)}

        def complete(memory: tf.Tensor, state: tf.Tensor, candidates: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probabilities": self.complete(memory, state, candidates)}

        def listen(
            memory: tf.Tensor, state: tf.Tensor, chosen: tf.Tensor, responses: tf.Tensor
        ) -> dict[str, tf.Tensor]:
            after, leaving = self.listen(memory, state, chosen, responses)
            return {"memory": after, "leaving": leaving}

        return {
            "start": tf.function(begin).get_concrete_function(state_spec),
            "complete": tf.function(complete).get_concrete_function(
                memory_spec, state_spec, _spec([None, None, track], "candidates")
            ),
            "listen": tf.function(listen).get_concrete_function(
                memory_spec, state_spec, _spec([None, track], "chosen"), _spec([None], "responses")
            ),
        }

    def _adjust(self, head: int, logits: tf.Tensor) -> tf.Tensor:
        return logits * self.adjusted[head, 0] + self.adjusted[head, 1]

    def _heard(self, chosen: tf.Tensor, responses: tf.Tensor) -> tf.Tensor:
        # A completed track and a skipped one say opposite things; the product lets a linear layer see that.
        answer = 2.0 * responses[..., None] - 1.0
        track = _scaled(chosen, self._track_scale)
        return tf.concat([track, track * answer, answer], axis=-1)


def _spec(shape: list[int | None], name: str) -> tf.TensorSpec:
    return tf.TensorSpec(shape, tf.float32, name=name)


def _standard(values: Floats) -> tuple[Floats, Floats]:
    # A column that never changes is 0 whatever comes: its weights would not have been trained.
    deviation = values.std(axis=0, dtype=np.float64)
    varies = deviation > 1e-6
    factor = np.where(varies, 1.0 / np.where(varies, deviation, 1.0), 0.0)
    return values.mean(axis=0, dtype=np.float64).astype(np.float32), factor.astype(np.float32)


def _scaled(values: tf.Tensor, scale: tuple[Floats, Floats]) -> tf.Tensor:
    mean, factor = (tf.constant(np.asarray(array)) for array in scale)
    return tf.clip_by_value((values - mean) * factor, -_LIMIT, _LIMIT)
