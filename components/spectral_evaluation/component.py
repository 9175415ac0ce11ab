"""The specification of spectral_evaluation."""

from __future__ import annotations

from components.artifacts import FieldSet, ModelEvaluation, SpectralFeatures, TrainedModel
from components.spectral_evaluation.config import SpectralEvaluationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class SpectralEvaluation(StepComponent):
    """Scores the classifier and its rivals on test images, and denoising on the fields."""

    SPEC_CLASS = step_spec(
        "SpectralEvaluation",
        inputs={
            "fields": FieldSet,
            "features": SpectralFeatures,
            "model": TrainedModel,
            "raw_model": TrainedModel,
        },
        outputs={"evaluation": ModelEvaluation},
    )
    EXECUTOR_SPEC = ExecutorPath("components.spectral_evaluation.executor.Executor")

    def __init__(
        self,
        config: SpectralEvaluationConfig,
        *,
        fields: BaseChannel,
        features: BaseChannel,
        model: BaseChannel,
        raw_model: BaseChannel,
    ) -> None:
        inputs = {"fields": fields, "features": features, "model": model, "raw_model": raw_model}
        super().__init__(config, inputs)
