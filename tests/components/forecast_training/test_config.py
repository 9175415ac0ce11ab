"""What a configuration may say."""

from __future__ import annotations

import pytest

from components.forecast_training.config import ForecastTrainingConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


@pytest.mark.parametrize("levels", [(0.9, 0.5), (0.1, 0.9), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5)])
def test_levels_ascend_around_the_median(levels: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="quantiles"):
        parse_config(ForecastTrainingConfig, {"quantiles": levels}, "here")


def test_thinned_training_keeps_ticks_to_validate_by() -> None:
    with pytest.raises(ConfigError, match="train_every is longer than validation"):
        parse_config(ForecastTrainingConfig, {"train_every": "30d", "validation": "28d"}, "here")


def test_the_configuration_survives_its_own_json() -> None:
    config = ForecastTrainingConfig(quantiles=(0.05, 0.5, 0.95), train_every="2d")
    assert parse_config(ForecastTrainingConfig, config.model_dump(mode="json"), "here") == config
