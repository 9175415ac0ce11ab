"""Policy gradients: all gradient steps on what a round played as one compiled call.

Proximal policy optimization (Schulman et al., 2017), and phasic policy gradient (Cobbe et al., ICML 2021):
there the policy has a value of its own beside its scores, which now and then is fitted to the returns of
several rounds, while the policy is held where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.agent_training.adam import Adam
from components.agent_training.config import PolicyGradientConfig
from components.agent_training.losses import divergence
from components.agent_training.networks import (
    MaskScores,
    adapt,
    build_action_head,
    build_policy_with_value,
    build_value,
    masked_policy,
)
from components.playlist_simulation.observation import Floats, Ints, Observation, ObservationSpec
from components.reinforcement_learning.losses import log_probabilities, mean_entropy, policy_loss, value_loss

Batch = Mapping[str, tf.Tensor]
Losses = dict[str, tf.Tensor]


class PolicyGradientLearner:
    """Policy, value network and optimizer.

    Attributes:
        policy: Keras model: masked scores of an observation's candidates.
    """

    def __init__(self, spec: ObservationSpec, config: PolicyGradientConfig) -> None:
        self._config = config
        self._phasic = config.kind == "ppg"
        self._network = (
            build_policy_with_value(spec, config.hidden)
            if self._phasic
            else build_action_head(spec, config.hidden, last=0.01)
        )
        self._value = build_value(spec, config.hidden)
        self._mask = MaskScores()
        self.policy = masked_policy(self._network, spec)
        self._trained = [*self._network.trainable_variables, *self._value.trainable_variables]
        self._adam = Adam(self._trained)
        signature = [tf.TensorSpec([None, *shape], tf.float32) for shape in spec.shapes.values()]
        self._forecast = tf.function(lambda *inputs: self._value(list(inputs)), input_signature=signature)
        self._learn = tf.function(
            self._loop(self._losses, ("policy_loss", "value_loss", "entropy")), jit_compile=True
        )
        self._distil = tf.function(
            self._loop(self._auxiliary_losses, ("auxiliary_loss", "divergence")), jit_compile=True
        )

    def adapt(self, seen: Observation) -> None:
        """Standardises inputs by these observations; before the first step."""
        adapt(self._network, seen)
        adapt(self._value, seen)

    def values(self, inputs: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> Floats:
        """Returns to come float32 [n] of state, candidates and mask."""
        values: Floats = self._forecast(*inputs).numpy()
        return values

    def learn(
        self, rows: Mapping[str, npt.NDArray[Any]], order: Ints, rate: float, *, auxiliary: bool = False
    ) -> dict[str, Floats]:
        """One gradient step per K.

        Args:
            rows: N tracks: ``state``, ``candidates``, ``mask``, ``returns``, and ``actions`` with ``old``
                (log probabilities) and ``advantages``; in an auxiliary phase ``scores`` instead of these.
            order: int64 [K, M] rows that a step learns from.
            rate: Learning rate.
            auxiliary: Whether this is ppg's auxiliary phase.

        Returns:
            Losses by name, float32 [K].
        """
        tensors = {name: tf.constant(values) for name, values in rows.items()}
        step = self._distil if auxiliary else self._learn
        losses = step(tensors, tf.constant(order), tf.constant(rate, tf.float32))
        return {name: values.numpy() for name, values in losses.items()}

    def variables(self) -> list[Any]:
        """Every number that training changes."""
        return [*self._network.variables, *self._value.variables, *self._adam.variables]

    def _loop(
        self, objective: Callable[[Batch], tuple[tf.Tensor, Losses]], parts: tuple[str, ...]
    ) -> Callable[..., Losses]:
        """A loop of steps down the gradient of ``objective``, which gives the total and its named parts."""

        def take_steps(rows: Batch, order: tf.Tensor, rate: tf.Tensor) -> Losses:
            def take_step(chosen: tf.Tensor) -> Losses:
                batch = {name: tf.gather(values, chosen) for name, values in rows.items()}
                with tf.GradientTape() as tape:
                    total, found = objective(batch)
                gradients = tape.gradient(
                    total, self._trained, unconnected_gradients=tf.UnconnectedGradients.ZERO
                )
                self._adam.apply(gradients, rate)
                return found

            kind = {name: tf.TensorSpec([], tf.float32) for name in parts}
            # One after the other: each step starts from the weights of the one before.
            losses: Losses = tf.map_fn(take_step, order, fn_output_signature=kind, parallel_iterations=1)
            return losses

        return take_steps

    def _losses(self, batch: Batch) -> tuple[tf.Tensor, Losses]:
        inputs = [batch["state"], batch["candidates"], batch["mask"]]
        outputs = self._network(inputs)
        scores = self._mask((outputs[0] if self._phasic else outputs, batch["mask"]))
        chosen = log_probabilities(scores, batch["actions"])
        surrogate = policy_loss(chosen, batch["old"], batch["advantages"], self._config.clip)
        entropy = mean_entropy(scores)
        valued = value_loss(self._value(inputs)[:, None], batch["returns"])
        total = surrogate - self._config.entropy_weight * entropy + valued
        return total, {"policy_loss": surrogate, "value_loss": valued, "entropy": entropy}

    def _auxiliary_losses(self, batch: Batch) -> tuple[tf.Tensor, Losses]:
        inputs = [batch["state"], batch["candidates"], batch["mask"]]
        logits, distilled = self._network(inputs)
        moved = divergence(batch["scores"], self._mask((logits, batch["mask"])))
        auxiliary = value_loss(distilled[:, None], batch["returns"])
        valued = value_loss(self._value(inputs)[:, None], batch["returns"])
        total = auxiliary + self._config.clone_weight * moved + valued
        return total, {"auxiliary_loss": auxiliary, "divergence": moved}


def portions(rows: int, size: int, passes: int, random: np.random.Generator) -> Ints:
    """int64 [K, M]: rows in random order, all of them once per pass but what fills no minibatch."""
    size = min(size, rows)
    count = rows // size
    orders = [random.permutation(rows)[: count * size].reshape(count, size) for _ in range(passes)]
    return np.concatenate(orders)
