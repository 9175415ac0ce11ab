"""The specification of policy_evaluation."""

from __future__ import annotations

from components.artifacts import ModelEvaluation, TfliteModel, TrainedModel
from components.policy_evaluation.config import PolicyEvaluationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class PolicyEvaluation(StepComponent):
    """Model and (where there is one) its exported file in; how they play, exactly, out."""

    SPEC_CLASS = step_spec(
        "PolicyEvaluation",
        inputs={"model": TrainedModel, "tflite": TfliteModel},
        outputs={"evaluation": ModelEvaluation},
        optional=("tflite",),
    )
    EXECUTOR_SPEC = ExecutorPath("components.policy_evaluation.executor.Executor")

    def __init__(
        self, config: PolicyEvaluationConfig, *, model: BaseChannel, tflite: BaseChannel | None = None
    ) -> None:
        super().__init__(config, {"model": model, "tflite": tflite})
