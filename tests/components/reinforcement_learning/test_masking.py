"""Masks inside the graph."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.reinforcement_learning.masking import mask_scores

FORBIDDEN = arrays(np.bool_, (3, 9)).filter(lambda forbidden: not forbidden.all(axis=1).any())
SCORES = arrays(
    np.float32, (3, 9), elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
)


@given(FORBIDDEN, SCORES, st.sampled_from([tf.float32, tf.float16]))
@settings(max_examples=150, deadline=None)
def test_what_is_forbidden_never_has_the_argmax(
    forbidden: np.ndarray, scores: np.ndarray, dtype: tf.DType
) -> None:
    masked = mask_scores(tf.cast(scores, dtype), tf.constant(forbidden)).numpy()
    assert np.isfinite(masked).all()
    assert not forbidden[np.arange(3), masked.argmax(axis=1)].any()
    # Nor is it ever drawn.
    apart = masked.astype(np.float64) - masked.max(axis=1, keepdims=True)
    assert (np.exp(apart)[forbidden] == 0).all()


@given(FORBIDDEN, arrays(np.float32, (3, 9), elements=st.floats(-900, 900, width=32, allow_subnormal=False)))
@settings(max_examples=50, deadline=None)
def test_what_is_allowed_keeps_its_score(forbidden: np.ndarray, scores: np.ndarray) -> None:
    masked = mask_scores(tf.constant(scores), tf.constant(forbidden)).numpy()
    assert (masked[~forbidden] == scores[~forbidden]).all()
