"""The board_game pipeline: the rules of a game in, a checked, registered player for a phone out.

1. policy_training: many games at once, policy gradients; the best weights by exact evaluation
2. tflite_export: the policy, its mask inside, as an FP16 file, compared with it on positions of play
3. policy_evaluation: policy, exported file, baselines and champion in every game there is; pictures of play
4. model_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.policy_evaluation.component import PolicyEvaluation
from components.policy_evaluation.config import GameName, PolicyEvaluationConfig
from components.policy_training.component import PolicyTraining
from components.policy_training.config import PolicyTrainingConfig
from components.tflite_export.component import TfliteExport
from components.tflite_export.config import TfliteExportConfig
from noria.errors import ConfigError
from noria.typed_config import TypedConfig


class BoardGameConfig(TypedConfig):
    """A game, and how a player of it is trained."""

    game: GameName = Field("plane_strike", description="The game; training and evaluation are given it.")
    training: PolicyTrainingConfig = Field(
        default_factory=lambda: PolicyTrainingConfig.model_validate({}), description="How it is learned."
    )
    evaluation: PolicyEvaluationConfig = Field(
        default_factory=lambda: PolicyEvaluationConfig.model_validate({}), description="What is drawn."
    )
    export: TfliteExportConfig = Field(default_factory=TfliteExportConfig, description="The on-device file.")
    promotion: ModelPromotionConfig = Field(description="The registered model and its gates.")


def check(config: BoardGameConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        ConfigError: A step is given another game, or registered model, than the pipeline's.
    """
    for name, got, expected in (
        ("training.game", _given(config.training, "game"), config.game),
        ("evaluation.game", _given(config.evaluation, "game"), config.game),
        (
            "evaluation.registered_model",
            _given(config.evaluation, "registered_model"),
            config.promotion.registered_model,
        ),
    ):
        if got not in (None, expected):
            raise ConfigError(
                f"{name} is {got!r}, but the pipeline's is {expected!r}",
                hint=f"leave {name} out: the pipeline sets it",
            )


def create_pipeline(config: BoardGameConfig) -> list[Any]:
    """The components of one game, in order."""
    training = PolicyTraining(config.training.model_copy(update={"game": config.game}))
    model = training.outputs["model"]
    export = TfliteExport(config.export, model=model)
    tflite = export.outputs["tflite"]
    given = {"game": config.game, "registered_model": config.promotion.registered_model}
    evaluation = PolicyEvaluation(config.evaluation.model_copy(update=given), model=model, tflite=tflite)
    promotion = ModelPromotion(
        config.promotion, model=model, evaluation=evaluation.outputs["evaluation"], tflite=tflite
    )
    steps = {
        "policy_training": training,
        "tflite_export": export,
        "policy_evaluation": evaluation,
        "model_promotion": promotion,
    }
    return [step.with_id(name) for name, step in steps.items()]


def _given(config: TypedConfig, field: str) -> Any:
    """A field's value where it was written down; else None."""
    return getattr(config, field) if field in config.model_fields_set else None
