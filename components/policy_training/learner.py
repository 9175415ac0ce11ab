"""Turns moves into better weights: one compiled step over all moves of a batch of games."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tf_keras

from components.board_games.game import Floats, GameSpec
from components.policy_training.actor import Moves
from components.policy_training.config import PolicyTrainingConfig
from components.policy_training.networks import build_policy, build_value
from components.reinforcement_learning.losses import log_probabilities, mean_entropy, policy_loss, value_loss
from noria.errors import NoriaError


class Learner:
    """Policy, value network and optimizer.

    Attributes:
        policy: Keras model, see ``build_policy``.
        value: The value network's forecasts float32 [n] for boards; None where the baseline is another.
    """

    def __init__(self, spec: GameSpec, config: PolicyTrainingConfig) -> None:
        # Else parallel operations may add in any order, and the same seed gives other weights.
        tf.config.experimental.enable_op_determinism()
        tf_keras.utils.set_random_seed(config.seed)
        self._config = config
        self.policy = build_policy(spec, config.hidden)
        self._value = build_value(spec, config.hidden) if config.baseline == "value" else None
        self._trained = list(self.policy.trainable_variables)
        if self._value is not None:
            self._trained += self._value.trainable_variables
        self._optimizer = tf_keras.optimizers.Adam(config.learning_rate)
        self._optimizer.build(self._trained)
        rows = tf.TensorSpec([None], tf.float32)
        boards = tf.TensorSpec([None, spec.rows, spec.columns], tf.float32)
        self._scores = tf.function(self.policy, input_signature=[boards])
        self._forecast = tf.function(self._value, input_signature=[boards]) if self._value else None
        self.value = self._values if self._value else None
        actions, number = tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.float32)
        self._step = tf.function(self._take_step, input_signature=[boards, actions, rows, rows, rows, number])
        self._old = tf.function(
            lambda seen, played: log_probabilities(self.policy(seen), played),
            input_signature=[boards, actions],
        )

    def scores(self, boards: Floats) -> Floats:
        """Masked scores float32 [n, actions] of boards [n, rows, columns]."""
        scores: Floats = self._scores(tf.constant(boards)).numpy()
        return scores

    def _values(self, boards: Floats) -> Floats:
        assert self._forecast is not None
        values: Floats = self._forecast(tf.constant(boards)).numpy()[:, 0]
        return values

    def learn(self, moves: Moves, update: int, random: np.random.Generator) -> dict[str, float]:
        """One update: ``passes`` over the moves.

        Args:
            moves: What the policy with its present weights played.
            update: Number of the update, from 0, for the rates that fall.
            random: Draws which moves are learned from together.

        Returns:
            ``policy_loss``, ``value_loss`` (batch mean: 0), ``entropy``, ``gradient_norm``; of the last step.

        Raises:
            NoriaError: One of them is not a finite number; the weights are of no use then.
        """
        rate = self.rate(update)
        self._optimizer.learning_rate.assign(self._config.learning_rate * rate)
        # One scale for all games and all times of training, so that rates mean the same.
        advantages = moves.advantages / (moves.advantages.std() + np.float32(1e-6))
        rows = (moves.boards, moves.actions, moves.returns, advantages)
        old = self._old(*(tf.constant(a) for a in rows[:2])).numpy()
        weight = tf.constant(self._config.entropy_weight * rate, tf.float32)
        losses: dict[str, float] = {}
        for _ in range(self._config.passes):
            for chosen in self._portions(len(moves), random):
                found = self._step(*(tf.constant(a[chosen]) for a in (*rows, old)), weight)
                losses = {name: float(value) for name, value in found.items()}
                self._check(losses, update)
        return losses

    def _portions(self, moves: int, random: np.random.Generator) -> list[npt.NDArray[np.int64]]:
        size = self._config.minibatch
        if size is None or moves <= size:
            return [np.arange(moves)]
        return np.array_split(random.permutation(moves), round(moves / size))

    def _check(self, losses: dict[str, float], update: int) -> None:
        if all(np.isfinite(value) for value in losses.values()):
            return
        told = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        raise NoriaError(
            f"training diverged in update {update + 1} of {self._config.updates} at learning rate "
            f"{self._config.learning_rate * self.rate(update):g}: {told}",
            hint="lower policy_training.learning_rate",
        )

    def rate(self, update: int) -> float:
        """Share of the first learning rate that an update is made with."""
        done = update / max(self._config.updates - 1, 1)
        return 1.0 + (self._config.learning_rate_end - 1.0) * done

    def state(self) -> list[Floats]:
        """Every number that training changes: weights and the optimizer's moments."""
        return [variable.numpy() for variable in self._variables()]

    def restore(self, state: list[Floats]) -> None:
        """Takes over what ``state`` gave."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def _variables(self) -> list[Any]:
        return [*self._trained, *self._optimizer.variables]

    def _take_step(
        self,
        boards: tf.Tensor,
        actions: tf.Tensor,
        returns: tf.Tensor,
        advantages: tf.Tensor,
        old: tf.Tensor,
        entropy_weight: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            scores = self.policy(boards)
            chosen = log_probabilities(scores, actions)
            surrogate = policy_loss(chosen, old, advantages, self._config.clip)
            entropy = mean_entropy(scores)
            valued = value_loss(self._value(boards), returns) if self._value else tf.constant(0.0)
            total = surrogate - entropy_weight * entropy + valued
        gradients = tape.gradient(total, self._trained)
        self._optimizer.apply_gradients(zip(gradients, self._trained, strict=True))
        return {
            "policy_loss": surrogate,
            "value_loss": valued,
            "entropy": entropy,
            "gradient_norm": tf.linalg.global_norm(gradients),
        }
