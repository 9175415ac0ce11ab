"""Policy and value of a board."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras

from components.board_games.tic_tac_toe import SPEC
from components.policy_training.networks import build_policy, build_value
from components.reinforcement_learning.masking import MASKED


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


def test_cells_that_are_not_empty_are_masked() -> None:
    boards = np.random.default_rng(0).integers(-1, 2, (50, 3, 3)).astype(np.float32)
    scores = build_policy(SPEC, (16,))(boards).numpy()
    assert ((scores == MASKED) == (boards.reshape(50, 9) != 0)).all()
