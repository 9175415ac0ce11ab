"""The board_game pipeline: the rules of a game in, a checked, registered player for a phone out.

1. policy_training: many games at once, policy gradients; the best weights by exact evaluation
2. tflite_export: the policy, its mask inside, as an FP16 file, compared with it on positions of play
3. device_check: the file on every device of the target
4. policy_evaluation: policy, exported file, baselines and champion in every game there is; pictures of play
5. model_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from components.device_check.config import DeviceCheckConfig
from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.policy_evaluation.component import PolicyEvaluation
from components.policy_evaluation.config import GameName, PolicyEvaluationConfig
from components.policy_training.component import PolicyTraining
from components.policy_training.config import PolicyTrainingConfig
from components.tflite_export.config import TfliteExportConfig
from pipelines.on_device import on_device
from pipelines.shared_settings import SharedSettings


class BoardGameConfig(SharedSettings):
    """A game, and how a player of it is trained."""

    shared: ClassVar = {
        "game": ("training.game", "evaluation.game"),
        "promotion.registered_model": ("evaluation.registered_model",),
    }

    game: GameName = Field("plane_strike", description="The game; training and evaluation are given it.")
    training: PolicyTrainingConfig = Field(
        default_factory=lambda: PolicyTrainingConfig.model_validate({}), description="How it is learned."
    )
    evaluation: PolicyEvaluationConfig = Field(
        default_factory=lambda: PolicyEvaluationConfig.model_validate({}), description="What is drawn."
    )
    export: TfliteExportConfig = Field(default_factory=TfliteExportConfig, description="The on-device file.")
    devices: DeviceCheckConfig = Field(
        default_factory=DeviceCheckConfig, description="What the exported file has to run on."
    )
    promotion: ModelPromotionConfig = Field(description="The registered model and its gates.")


def check(config: BoardGameConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        ConfigError: A step is given another game, or registered model, than the pipeline's.
    """
    config.check_shared()


def create_pipeline(config: BoardGameConfig) -> list[Any]:
    """The components of one game, in order."""
    training = PolicyTraining(config.training)
    model = training.outputs["model"]
    exported = on_device(model, config.export, config.devices)
    tflite = exported.tflite
    evaluation = PolicyEvaluation(config.evaluation, model=model, tflite=tflite)
    promotion = ModelPromotion(
        config.promotion,
        model=model,
        evaluation=evaluation.outputs["evaluation"],
        tflite=tflite,
        devices=exported.devices,
    )
    steps = {
        "policy_training": training,
        **exported.steps,
        "policy_evaluation": evaluation,
        "model_promotion": promotion,
    }
    return [step.with_id(name) for name, step in steps.items()]
