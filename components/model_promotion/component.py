"""The spec of model_promotion."""

from __future__ import annotations

from typing import ClassVar

from components.artifacts import DeviceReport, ModelEvaluation, PromotionRecord, TfliteModel, TrainedModel
from components.model_promotion.config import ModelPromotionConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.executor_spec import ExecutorSpec
    from tfx.types.channel import BaseChannel
    from tfx.types.component_spec import ComponentSpec


class ModelPromotion(StepComponent):
    """Model and evaluation in, optionally a TFLite file and its device report; PromotionRecord out."""

    SPEC_CLASS: ClassVar[type[ComponentSpec]] = step_spec(
        "ModelPromotion",
        inputs={
            "model": TrainedModel,
            "evaluation": ModelEvaluation,
            "tflite": TfliteModel,
            "devices": DeviceReport,
        },
        outputs={"promotion": PromotionRecord},
        optional=("tflite", "devices"),
    )
    EXECUTOR_SPEC: ClassVar[ExecutorSpec] = ExecutorPath("components.model_promotion.executor.Executor")

    def __init__(
        self,
        config: ModelPromotionConfig,
        *,
        model: BaseChannel,
        evaluation: BaseChannel,
        tflite: BaseChannel | None = None,
        devices: BaseChannel | None = None,
    ) -> None:
        channels = {"model": model, "evaluation": evaluation, "tflite": tflite, "devices": devices}
        super().__init__(config, channels)
