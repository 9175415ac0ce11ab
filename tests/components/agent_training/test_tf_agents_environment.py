"""TF-Agents' DQN learns in our environment what ours learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.playlist_simulation.observation import Floats, Observation
from tests.components.agent_training.conftest import run, small_config
from tests.components.agent_training.toys import Chain, mean_return

# TF-Agents takes long to import and to compile.
pytestmark = pytest.mark.slow


def test_tf_agents_dqn_gets_the_same_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf
    from tf_agents.trajectories import trajectory
    from tf_agents.utils import common

    from benchmarks import agents, tf_agents_dqn
    from components.agent_training.tf_agents_environment import TfAgentsEnvironment

    config = small_config("ah_dqn", discount=1.0, n_step=1)
    ours = run(Chain, config, tmp_path)
    for module in (agents, tf_agents_dqn):
        monkeypatch.setattr(module, "SPEC", Chain.spec)
    monkeypatch.setattr(tf_agents_dqn, "RATE", 0.005)
    tf.random.set_seed(0)
    environment, random = TfAgentsEnvironment(Chain(64)), np.random.default_rng(0)
    agent = tf_agents_dqn.make_agent(config)
    train = common.function(agent.train)
    step, kept = environment.reset(), []
    for number in range(300):
        mask = step.observation["mask"]
        anything = np.where(mask, random.random(mask.shape), -1.0).argmax(axis=1)
        greedy = agent.policy.action(tf.nest.map_structure(tf.constant, step)).action.numpy()
        actions = np.where(random.random(64) < max(0.1, 1 - number / 150), anything, greedy)
        following = environment.step(actions)
        # Rows go on with the next episode at once, so none of them is a boundary.
        frame = trajectory.from_transition(step, _as(actions), following)
        kept.append(frame._replace(step_type=np.ones(64, np.int32), next_step_type=np.ones(64, np.int32)))
        step = following
        if number < 8:
            continue
        for at in random.integers(0, len(kept) - 1, 2):
            pair = [tf.nest.map_structure(tf.constant, kept[at + ahead]) for ahead in (0, 1)]
            train(tf.nest.map_structure(lambda *parts: tf.stack(parts, axis=1), *pair))

    def scores(seen: Observation) -> Floats:
        network = agent._q_network.model
        found = network([seen.state, seen.candidates, seen.mask.astype(np.float32)]).numpy()
        return np.where(seen.mask, found, -np.inf)

    theirs = mean_return(Chain)(scores)
    assert min(theirs, ours.history[-1]["return"]) > 3.9


def _as(actions: np.ndarray) -> object:
    from tf_agents.trajectories import policy_step

    return policy_step.PolicyStep(actions)
