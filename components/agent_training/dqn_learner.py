"""Q-learning: several gradient steps as one compiled call.

Deep Q-learning (Mnih et al., Nature 518, 2015) with double Q (van Hasselt et al., AAAI 2016). The action
head over candidates is the one of Tomasi et al., "Automatic music playlist generation via simulation-based
reinforcement learning", KDD 2023: as Q depends on its own candidate only, the gradient needs the chosen
candidate alone, and of the next ones the target network values just the one that the online network chose.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import tensorflow as tf

from components.agent_training.adam import Adam
from components.agent_training.config import QLearningConfig
from components.agent_training.losses import huber
from components.agent_training.networks import (
    MaskScores,
    adapt,
    build_action_head,
    build_slots,
    masked_policy,
)
from components.agent_training.replay import Transitions
from components.playlist_simulation.observation import Floats, Observation, ObservationSpec

# Of these is a step given its share; places are the replay's own business.
_GIVEN = tuple(field.name for field in fields(Transitions) if field.name != "place")


class QLearner:
    """Online and target network, and the optimizer.

    Attributes:
        policy: Keras model: masked values of an observation's candidates.
        chosen_only: Whether a transition's first observation needs to hold the chosen candidate only.
    """

    def __init__(self, spec: ObservationSpec, config: QLearningConfig) -> None:
        self._config = config
        self.chosen_only = config.kind == "ah_dqn"
        build = build_action_head if self.chosen_only else build_slots
        self._online, self._target = build(spec, config.hidden), build(spec, config.hidden)
        self._mask = MaskScores()
        self.policy = masked_policy(self._online, spec)
        self._trained = self._online.trainable_variables
        self._adam = Adam(self._trained)
        self._target.set_weights(self._online.get_weights())
        # XLA joins what lies between the matrix products, which takes as long as they do.
        self._steps = tf.function(self._take_steps, jit_compile=True)

    def adapt(self, seen: Observation) -> None:
        """Standardises inputs by these observations; before the first step."""
        adapt(self._online, seen)
        self._target.set_weights(self._online.get_weights())

    def learn(self, drawn: Transitions, rate: float) -> tuple[Floats, Floats]:
        """One gradient step per K of the transitions.

        Returns:
            Losses float32 [K], and errors [K, B]: by how much values were too small.
        """
        tensors = {name: tf.constant(getattr(drawn, name)) for name in _GIVEN}
        losses, errors = self._steps(tensors, tf.constant(rate, tf.float32))
        return losses.numpy(), errors.numpy()

    def variables(self) -> list[Any]:
        """Every number that training changes."""
        return [*self._online.variables, *self._target.variables, *self._adam.variables]

    def _take_steps(self, drawn: dict[str, tf.Tensor], rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        steps = tf.shape(drawn["weight"])[0]
        losses = tf.TensorArray(tf.float32, steps)
        errors = tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            batch = {name: values[step] for name, values in drawn.items()}
            loss, error = self._take_step(batch, rate)
            losses, errors = losses.write(step, loss), errors.write(step, error)
        return losses.stack(), errors.stack()

    def _take_step(self, batch: dict[str, tf.Tensor], rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        wanted = batch["returns"] + batch["discount"] * self._value_ahead(batch)
        with tf.GradientTape() as tape:
            values = self._online([batch["state"], batch["candidates"], batch["mask"]])
            chosen = tf.gather(values, batch["action"], batch_dims=1)
            errors = wanted - chosen
            loss = tf.reduce_mean(batch["weight"] * huber(errors, self._config.huber))
        self._adam.apply(tape.gradient(loss, self._trained), rate)
        self._update_target()
        return loss, errors

    def _value_ahead(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        state, candidates, mask = batch["next_state"], batch["next_candidates"], batch["next_mask"]
        if not self._config.double_q:
            return tf.reduce_max(self._mask((self._target([state, candidates, mask]), mask)), axis=1)
        best = tf.argmax(self._mask((self._online([state, candidates, mask]), mask)), axis=1)
        if not self.chosen_only:
            return tf.gather(self._target([state, candidates, mask]), best, batch_dims=1)
        one = tf.gather(candidates, best, batch_dims=1)[:, None, :]
        return self._target([state, one, tf.ones_like(mask[:, :1])])[:, 0]

    def _update_target(self) -> None:
        rate, every = self._config.target_rate, self._config.target_every
        if every > 1:
            rate = tf.where(self._adam.variables[0] % float(every) < 0.5, rate, 0.0)
        for old, new in zip(self._target.trainable_variables, self._trained, strict=True):
            old.assign_add(rate * (new - old))
