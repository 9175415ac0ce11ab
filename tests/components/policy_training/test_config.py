"""What a configuration may say, and the component's channels."""

from __future__ import annotations

import pytest

from components.artifacts import TrainedModel
from components.policy_training.component import PolicyTraining
from components.policy_training.config import PolicyTrainingConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


@pytest.mark.parametrize(
    ("field", "value"),
    [("game", "chess"), ("hidden", [0]), ("discount", 0), ("opponents", {"random": 0.7, "perfect": 0.5})],
)
def test_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field):
        parse_config(PolicyTrainingConfig, {field: value}, "here")


def test_the_configuration_survives_its_own_json() -> None:
    config = PolicyTrainingConfig(game="tic_tac_toe", hidden=(64,), minibatch=None)
    assert parse_config(PolicyTrainingConfig, config.model_dump(mode="json"), "here") == config


def test_no_input_one_output() -> None:
    step = PolicyTraining(PolicyTrainingConfig())
    assert not step.inputs
    assert {key: channel.type for key, channel in step.outputs.items()} == {"model": TrainedModel}
    assert step.id == "policy_training"
