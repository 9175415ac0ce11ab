"""What a configuration refuses."""

from __future__ import annotations

from typing import Any

import pytest

from components.agent_training.config import AgentTrainingConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


def test_the_default_trains_four_agents_with_five_seeds() -> None:
    agents = AgentTrainingConfig().agents
    assert [agent.kind for agent in agents] == ["ah_dqn", "dqn", "ppo", "ppg"]
    assert all(len(agent.seeds) == 5 for agent in agents)


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ([{"kind": "ah_dqn"}, {"kind": "ah_dqn"}], "agents need different names"),
        ([{"kind": "ppo", "seeds": [1, 1]}], "seeds of ppo name one twice"),
        ([{"kind": "ppg", "phase": 4}], "no multiple of phase 4"),
        ([{"kind": "dqn", "capacity": 100, "warmup": 90}], "capacity 100 is less than warmup 90"),
        ([{"kind": "ppo", "n_step": 3}], "n_step"),
        ([{"kind": "sarsa"}], "sarsa"),
        ([], "agents"),
    ],
)
def test_what_does_not_fit_is_told(agents: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_config(AgentTrainingConfig, {"agents": agents}, "a test")


def test_two_of_a_kind_have_names() -> None:
    tree = {"agents": [{"kind": "ah_dqn"}, {"kind": "ah_dqn", "name": "one_step", "n_step": 1}]}
    assert len(parse_config(AgentTrainingConfig, tree, "a test").agents) == 2
