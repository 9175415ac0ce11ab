"""The benchmark of agents compares like with like: from the same transitions both get the same weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks import agents
from components.agent_training.dqn_learner import QLearner
from components.agent_training.replay import Replay

# TF-Agents takes long to import and to compile.
pytestmark = pytest.mark.slow


def test_both_take_the_same_steps() -> None:
    import tensorflow as tf

    from benchmarks import tf_agents_dqn

    settings = agents.config(32).model_copy(update={"learner_steps": 3, "capacity": 1024, "warmup": 1})
    played = agents.played(settings)
    replay = Replay(agents.SPEC, settings)
    for seen, actions, step in played:
        replay.add(seen, actions, step)
    drawn = replay.sample(3, np.random.default_rng(1), 1.0, chosen_only=True)
    learner, agent = QLearner(agents.SPEC, settings), tf_agents_dqn.make_agent(settings)
    online, target = agent._q_network.model, agent._target_q_network.model
    for network in (online, target):
        network.set_weights(learner._online.get_weights())
    before = [array.copy() for array in online.get_weights()]
    losses, _ = learner.learn(drawn, agents.RATE)
    for at in range(3):
        times, rows = np.divmod(drawn.place[at], settings.episodes)
        both = [_rows(played, times + ahead, rows) for ahead in (0, 1)]
        frames = [tf_agents_dqn.frame(*entry) for entry in both]
        experience = tf.nest.map_structure(lambda *parts: tf.stack(parts, axis=1), *frames)
        assert float(agent.train(experience).loss) == pytest.approx(losses[at], rel=1e-3)
    for own, theirs in ((learner._online, online), (learner._target, target)):
        for mine, other in zip(own.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, atol=2e-5)
    assert max(np.abs(a - b).max() for a, b in zip(before, online.get_weights(), strict=True)) > 1e-3


def test_both_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    result = agents.compare(16, steps=8, repetitions=1)
    for what in ("steps", "drawn_steps"):
        assert set(result[what]["steps_per_cpu_second"]) == {"noria", "tf_agents"}
        assert result[what]["ratio"]["min"] <= result[what]["ratio"]["max"]
    agents.show(result)
    assert "tf_agents" in capsys.readouterr().out


def _rows(played: list[Any], times: Any, rows: Any) -> Any:
    def pick(values: list[Any]) -> Any:
        return np.stack(values)[times, rows]

    first, _, step = played[0]
    seen = {name: pick([getattr(entry[0], name) for entry in played]) for name in vars(first)}
    answers = {name: pick([getattr(entry[2], name) for entry in played]) for name in ("rewards", "ended")}
    return replace(first, **seen), pick([entry[1] for entry in played]), replace(step, **answers)
