"""Adam (Kingma and Ba, ICLR 2015) as TensorFlow's fused operator: one per variable and step.

Keras' optimizer takes a dozen small operations per variable, which is most of a step of networks as small
as these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7


class Adam:
    """Moments of some variables.

    Attributes:
        variables: All numbers that steps change beside the weights.
    """

    def __init__(self, weights: Sequence[Any]) -> None:
        self._weights = list(weights)
        self._steps = tf.Variable(0.0, trainable=False, name="steps")
        self._moments = [
            tuple(tf.Variable(tf.zeros_like(weight), trainable=False) for _ in range(2)) for weight in weights
        ]
        self.variables = [self._steps, *(moment for pair in self._moments for moment in pair)]

    def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        """Takes a step at a learning rate, a float32 scalar; called inside a tf.function."""
        self._steps.assign_add(1.0)
        powers = _BETA_1**self._steps, _BETA_2**self._steps
        for weight, (first, second), gradient in zip(self._weights, self._moments, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=rate,
                beta1=_BETA_1,
                beta2=_BETA_2,
                epsilon=_EPSILON,
                grad=gradient,
            )
