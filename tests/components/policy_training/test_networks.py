"""The mask inside the graph."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.board_games.tic_tac_toe import SPEC
from components.policy_training.networks import build_policy, build_value, mask_scores

BOARDS = arrays(np.float32, (3, 3, 3), elements=st.sampled_from([-1.0, 0.0, 1.0])).filter(
    lambda boards: (boards == 0).any(axis=(1, 2)).all()
)
LOGITS = arrays(
    np.float32, (3, 9), elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
)


@given(BOARDS, LOGITS, st.sampled_from([tf.float32, tf.float16]))
@settings(max_examples=150, deadline=None)
def test_a_masked_cell_never_has_the_argmax(boards: np.ndarray, logits: np.ndarray, dtype: tf.DType) -> None:
    scores = mask_scores(tf.cast(logits, dtype), tf.cast(boards, dtype)).numpy()
    assert np.isfinite(scores).all()
    best = scores.argmax(axis=1)
    flat = boards.reshape(3, 9)
    assert (flat[np.arange(3), best] == 0).all()
    # Nor is one ever drawn.
    assert (np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))[flat != 0] == 0).all()


@given(BOARDS, arrays(np.float32, (3, 9), elements=st.floats(-900, 900, width=32, allow_subnormal=False)))
@settings(max_examples=50, deadline=None)
def test_empty_cells_keep_their_logits(boards: np.ndarray, logits: np.ndarray) -> None:
    scores = mask_scores(tf.constant(logits), tf.constant(boards)).numpy()
    empty = boards.reshape(3, 9) == 0
    assert (scores[empty] == logits[empty]).all()


def test_shapes_and_a_start_near_the_uniform_policy() -> None:
    tf_keras.utils.set_random_seed(0)
    boards = np.zeros((4, 3, 3), np.float32)
    boards[:, 0, 0] = (1, -1, 1, 0)
    policy, value = build_policy(SPEC, (16, 16)), build_value(SPEC, (16,))
    chances = tf.nn.softmax(policy(boards)).numpy()
    assert chances.shape == (4, 9)
    assert np.abs(chances[0, 1:] - 1 / 8).max() < 0.02
    assert chances[0, 0] == 0
    assert value(boards).shape == (4, 1)
