"""The specification of forecast_evaluation."""

from __future__ import annotations

from components.artifacts import FeatureTable, Forecasts, ModelEvaluation, TrainedModel
from components.forecast_evaluation.config import ForecastEvaluationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class ForecastEvaluation(StepComponent):
    """Scores back-test forecasts of the forest and the network beside baselines and champions."""

    SPEC_CLASS = step_spec(
        "ForecastEvaluation",
        inputs={
            "features": FeatureTable,
            "forecasts": Forecasts,
            "forest": TrainedModel,
            "network": TrainedModel,
        },
        outputs={"forest_evaluation": ModelEvaluation, "network_evaluation": ModelEvaluation},
    )
    EXECUTOR_SPEC = ExecutorPath("components.forecast_evaluation.executor.Executor")

    def __init__(
        self,
        config: ForecastEvaluationConfig,
        *,
        features: BaseChannel,
        forecasts: BaseChannel,
        forest: BaseChannel,
        network: BaseChannel,
    ) -> None:
        super().__init__(
            config, {"features": features, "forecasts": forecasts, "forest": forest, "network": network}
        )
