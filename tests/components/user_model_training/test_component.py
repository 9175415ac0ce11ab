"""The component's channels."""

from __future__ import annotations

from tfx.types.channel import OutputChannel

from components.artifacts import SessionLog, UserModels
from components.user_model_training.component import UserModelTraining
from components.user_model_training.config import UserModelTrainingConfig


def test_outputs_by_type() -> None:
    class Producer:
        id = "producer"

    sessions = OutputChannel(SessionLog, Producer(), "sessions")
    step = UserModelTraining(UserModelTrainingConfig(), sessions=sessions)
    assert {key: channel.type for key, channel in step.outputs.items()} == {"user_models": UserModels}
    assert step.id == "user_model_training"
