"""The losses of policy and value.

``policy_loss`` is PPO's clipped objective (Schulman et al., "Proximal policy optimization algorithms",
2017). On its first pass over a batch the ratio is 1 everywhere and its gradient is that of REINFORCE with a
baseline (Williams, Machine Learning 8, 1992).
"""

from __future__ import annotations

import tensorflow as tf


def log_probabilities(scores: tf.Tensor, actions: tf.Tensor) -> tf.Tensor:
    """[n] log probability of the actions int64 [n] under masked scores [n, actions]."""
    return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=scores)


def policy_loss(chosen: tf.Tensor, old: tf.Tensor, advantages: tf.Tensor, clip: float) -> tf.Tensor:
    """Scalar, to be minimised.

    Args:
        chosen: [n] log probability of the moves that were played, under the weights as they are.
        old: [n] the same under the weights that played them.
        advantages: [n] by how much the return was better than the baseline.
        clip: The ratio of the two probabilities earns nothing beyond 1 - clip and 1 + clip.
    """
    ratio = tf.exp(chosen - old)
    bounded = tf.clip_by_value(ratio, 1.0 - clip, 1.0 + clip)
    return -tf.reduce_mean(tf.minimum(ratio * advantages, bounded * advantages))


def mean_entropy(scores: tf.Tensor) -> tf.Tensor:
    """Scalar: mean entropy in nats of the policies with masked scores [n, actions]."""
    logs = tf.nn.log_softmax(scores)
    return -tf.reduce_mean(tf.reduce_sum(tf.exp(logs) * logs, axis=-1))


def value_loss(forecasts: tf.Tensor, returns: tf.Tensor) -> tf.Tensor:
    """Scalar: half the mean squared error of forecasts [n, 1] for returns [n]."""
    return 0.5 * tf.reduce_mean(tf.square(returns - forecasts[:, 0]))
