"""Losses against what their formulas say."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from components.reinforcement_learning.losses import log_probabilities, mean_entropy, policy_loss, value_loss
from components.reinforcement_learning.masking import MASKED

SCORES = tf.constant([[0.0, 1.0, MASKED], [2.0, MASKED, 2.0]])
ACTIONS = tf.constant([1, 0], tf.int64)


def test_first_pass_has_the_gradient_of_reinforce() -> None:
    advantages = tf.constant([2.0, -1.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(SCORES)
        chosen = log_probabilities(SCORES, ACTIONS)
        clipped = policy_loss(chosen, tf.stop_gradient(chosen), advantages, 0.2)
        plain = -tf.reduce_mean(chosen * advantages)
    expected = tape.gradient(plain, SCORES).numpy()
    assert np.abs(expected).max() > 0.1
    assert tape.gradient(clipped, SCORES).numpy() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "pays"), [(1.5, 1.0, 1.2), (0.5, -1.0, -0.8), (0.5, 1.0, 0.5)]
)
def test_nothing_is_earned_beyond_the_clip(ratio: float, advantage: float, pays: float) -> None:
    loss = policy_loss(tf.math.log([ratio]), tf.constant([0.0]), tf.constant([advantage]), 0.2)
    assert float(loss) == pytest.approx(-pays)


def test_entropy_counts_legal_cells_only() -> None:
    assert float(mean_entropy(tf.constant([[3.0, 3.0, MASKED, MASKED]]))) == pytest.approx(np.log(2))
    assert float(mean_entropy(tf.constant([[3.0, MASKED, MASKED]]))) == pytest.approx(0.0)


def test_value_loss() -> None:
    assert float(value_loss(tf.constant([[1.0], [3.0]]), tf.constant([0.0, 1.0]))) == pytest.approx(1.25)
