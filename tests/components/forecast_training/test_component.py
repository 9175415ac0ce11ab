"""The component's channels."""

from __future__ import annotations

from tfx.types.channel import OutputChannel

from components.artifacts import FeatureTable, Forecasts, TrainedModel
from components.forecast_training.component import ForecastTraining
from components.forecast_training.config import ForecastTrainingConfig


def test_outputs_by_type() -> None:
    class Producer:
        id = "producer"

    features = OutputChannel(FeatureTable, Producer(), "features")
    step = ForecastTraining(ForecastTrainingConfig(), features=features)
    assert {key: channel.type for key, channel in step.outputs.items()} == {
        "forest": TrainedModel,
        "network": TrainedModel,
        "forecasts": Forecasts,
    }
    assert step.id == "forecast_training"
