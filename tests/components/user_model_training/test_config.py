"""What a configuration may say."""

from __future__ import annotations

import pytest

from components.user_model_training.config import UserModelTrainingConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"models": ["simple"], "chosen": "sequential"}, "not among models"),
        ({"models": ["simple", "simple"]}, "one twice"),
        ({"models": []}, "models"),
        ({"half_life": 0}, "half_life"),
    ],
)
def test_refused(tree: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(UserModelTrainingConfig, tree, "here")


def test_the_configuration_survives_its_own_json() -> None:
    config = UserModelTrainingConfig(models=("simple",), chosen="simple", half_life=None)
    assert parse_config(UserModelTrainingConfig, config.model_dump(mode="json"), "here") == config
