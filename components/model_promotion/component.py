"""The spec of model_promotion."""

from __future__ import annotations

from typing import ClassVar

from components.artifacts import ModelEvaluation, PromotionRecord, TfliteModel, TrainedModel
from components.model_promotion.config import ModelPromotionConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.executor_spec import ExecutorSpec
    from tfx.types.channel import BaseChannel
    from tfx.types.component_spec import ComponentSpec


class ModelPromotion(StepComponent):
    """Model, evaluation and (where there is one) TFLite file in; PromotionRecord out."""

    SPEC_CLASS: ClassVar[type[ComponentSpec]] = step_spec(
        "ModelPromotion",
        inputs={"model": TrainedModel, "evaluation": ModelEvaluation, "tflite": TfliteModel},
        outputs={"promotion": PromotionRecord},
        optional=("tflite",),
    )
    EXECUTOR_SPEC: ClassVar[ExecutorSpec] = ExecutorPath("components.model_promotion.executor.Executor")

    def __init__(
        self,
        config: ModelPromotionConfig,
        *,
        model: BaseChannel,
        evaluation: BaseChannel,
        tflite: BaseChannel | None = None,
    ) -> None:
        super().__init__(config, {"model": model, "evaluation": evaluation, "tflite": tflite})
