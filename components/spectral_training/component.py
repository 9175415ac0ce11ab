"""The specification of spectral_training."""

from __future__ import annotations

from components.artifacts import FieldSet, SpectralFeatures, TrainedModel
from components.spectral_training.config import SpectralTrainingConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class SpectralTraining(StepComponent):
    """Trains on spectral features (output ``model``) and on raw pixels (output ``raw_model``)."""

    SPEC_CLASS = step_spec(
        "SpectralTraining",
        inputs={"fields": FieldSet, "features": SpectralFeatures},
        outputs={"model": TrainedModel, "raw_model": TrainedModel},
    )
    EXECUTOR_SPEC = ExecutorPath("components.spectral_training.executor.Executor")

    def __init__(self, config: SpectralTrainingConfig, *, fields: BaseChannel, features: BaseChannel) -> None:
        super().__init__(config, {"fields": fields, "features": features})
