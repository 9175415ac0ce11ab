"""TF-Agents' double DQN with the action head as its network; only the extra tf-agents brings it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras
from tf_agents.agents.dqn import dqn_agent
from tf_agents.networks import network
from tf_agents.replay_buffers import tf_uniform_replay_buffer
from tf_agents.specs import tensor_spec
from tf_agents.trajectories import time_step, trajectory
from tf_agents.utils import common

from benchmarks.agents import RATE, SPEC, Contestant
from components.agent_training.config import QLearningConfig
from components.agent_training.networks import build_action_head
from components.playlist_simulation.environment import Step
from components.playlist_simulation.observation import Observation

Played = list[tuple[Observation, Any, Step]]


class ActionHead(network.Network):
    """The Keras model of the action head as TF-Agents wants networks."""

    def __init__(self, input_tensor_spec: Any, hidden: tuple[int, ...], name: str = "ActionHead") -> None:
        super().__init__(input_tensor_spec=input_tensor_spec, state_spec=(), name=name)
        self._hidden = hidden
        self.model = build_action_head(SPEC, hidden)

    def call(
        self, observation: Any, step_type: Any = None, network_state: Any = (), training: bool = False
    ) -> Any:
        """TF-Agents' hook."""
        del step_type, training
        mask = tf.ones(tf.shape(observation["candidates"])[:2])
        return self.model([observation["state"], observation["candidates"], mask]), network_state


def make_agent(config: QLearningConfig) -> Any:
    """The agent, with the same settings as ours."""
    types = {"state": tf.float32, "candidates": tf.float32, "mask": tf.bool}
    specs = {name: tensor_spec.TensorSpec(shape, types[name], name) for name, shape in SPEC.shapes.items()}
    seen = {"state": specs["state"], "candidates": specs["candidates"]}
    actions = tensor_spec.BoundedTensorSpec((), tf.int64, 0, SPEC.candidates - 1)
    agent = dqn_agent.DdqnAgent(
        time_step.time_step_spec(specs),
        actions,
        q_network=ActionHead(seen, config.hidden),
        # The fused one, as ours is.
        optimizer=tf_keras.optimizers.legacy.Adam(RATE),
        observation_and_action_constraint_splitter=lambda o: (
            {"state": o["state"], "candidates": o["candidates"]},
            o["mask"],
        ),
        td_errors_loss_fn=common.element_wise_huber_loss,
        gamma=config.discount,
        target_update_tau=config.target_rate,
        target_update_period=config.target_every,
    )
    agent.initialize()
    return agent


def observed(seen: Observation) -> dict[str, tf.Tensor]:
    """An observation as the agent's."""
    mask = tf.constant(seen.mask)
    return {"state": tf.constant(seen.state), "candidates": tf.constant(seen.candidates), "mask": mask}


def frame(seen: Observation, actions: Any, step: Step) -> Any:
    """A time step of all episodes as a Trajectory [n]; where one ended, nothing is carried on."""
    rows = len(actions)
    middle = tf.fill([rows], time_step.StepType.MID)
    return trajectory.Trajectory(
        step_type=middle,
        observation=observed(seen),
        action=tf.constant(actions),
        policy_info=(),
        next_step_type=middle,
        reward=tf.constant(step.rewards),
        discount=1.0 - tf.cast(step.ended, tf.float32),
    )


def tf_agents(config: QLearningConfig, played: Played) -> Contestant:
    """Its uniform replay, dataset and agent, as its tutorials put them together."""
    agent = make_agent(config)
    replay = tf_uniform_replay_buffer.TFUniformReplayBuffer(
        agent.collect_data_spec, batch_size=config.episodes, max_length=config.capacity // config.episodes
    )
    for entry in played:
        replay.add_batch(frame(*entry))
    dataset = replay.as_dataset(sample_batch_size=config.batch, num_steps=2, single_deterministic_pass=False)
    drawn = iter(dataset.prefetch(1))
    train = common.function(agent.train)
    given, _ = next(drawn)

    def steps(count: int) -> None:
        for _ in range(count):
            train(given)

    def drawn_steps(count: int) -> None:
        for _ in range(count):
            experience, _ = next(drawn)
            train(experience)

    return Contestant(steps, drawn_steps)
