"""Scores of actions with the forbidden ones masked inside the graph."""

from __future__ import annotations

import tensorflow as tf

# Half precision holds it (down to -65504), and exp() of it is 0.
MASKED = -30000.0
# Scores are cut off here, so that whatever the weights are a masked one lies below every other.
_LARGEST_SCORE = 1000.0


def mask_scores(scores: tf.Tensor, forbidden: tf.Tensor) -> tf.Tensor:
    """Scores [n, actions], within bounds, with those masked where ``forbidden`` bool [n, actions]."""
    bounded = tf.minimum(tf.maximum(scores, -_LARGEST_SCORE), _LARGEST_SCORE)
    return tf.where(forbidden, tf.constant(MASKED, bounded.dtype), bounded)
