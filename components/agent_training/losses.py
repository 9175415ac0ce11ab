"""The losses of Q-learning and of phasic policy gradient; those of PPO are reinforcement_learning's."""

from __future__ import annotations

import tensorflow as tf


def huber(errors: tf.Tensor, limit: float) -> tf.Tensor:
    """Half the square of errors up to ``limit``, beyond it their absolute value at the same slope; [n]."""
    size = tf.abs(errors)
    inside = tf.minimum(size, limit)
    return inside * (size - 0.5 * inside)


def divergence(old: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    """Scalar: mean Kullback-Leibler divergence in nats of the policy with the masked scores ``new`` [n, C]
    from the one with ``old`` [n, C]."""
    before = tf.nn.log_softmax(old)
    apart = tf.exp(before) * (before - tf.nn.log_softmax(new))
    return tf.reduce_mean(tf.reduce_sum(apart, axis=-1))
