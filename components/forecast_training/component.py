"""The specification of forecast_training."""

from __future__ import annotations

from components.artifacts import FeatureTable, Forecasts, TrainedModel
from components.forecast_training.config import ForecastTrainingConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class ForecastTraining(StepComponent):
    """Trains forests and a quantile network; hands on the last window's models and every forecast."""

    SPEC_CLASS = step_spec(
        "ForecastTraining",
        inputs={"features": FeatureTable},
        outputs={"forest": TrainedModel, "network": TrainedModel, "forecasts": Forecasts},
    )
    EXECUTOR_SPEC = ExecutorPath("components.forecast_training.executor.Executor")

    def __init__(self, config: ForecastTrainingConfig, *, features: BaseChannel) -> None:
        super().__init__(config, {"features": features})
