"""The specification of user_model_training."""

from __future__ import annotations

from components.artifacts import SessionLog, UserModels
from components.step_component import ExecutorPath, StepComponent, step_spec
from components.user_model_training.config import UserModelTrainingConfig
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class UserModelTraining(StepComponent):
    """Learns from a session log how users answer tracks and when they leave."""

    SPEC_CLASS = step_spec(
        "UserModelTraining", inputs={"sessions": SessionLog}, outputs={"user_models": UserModels}
    )
    EXECUTOR_SPEC = ExecutorPath("components.user_model_training.executor.Executor")

    def __init__(self, config: UserModelTrainingConfig, *, sessions: BaseChannel) -> None:
        super().__init__(config, {"sessions": sessions})
