"""The playlist pipeline: listening sessions in, a checked, registered agent that fills playlists out.

1. session_ingest: sessions from files, or from the built-in world whose truth is known; split by time
2. user_model_training: how a user answers the next track, learned from earlier sessions, tested on later ones
3. agent_training: AH-DQN, DQN, PPO and PPG over several seeds, in a simulator made of the user model
4. tflite_export: the best agent's network, its mask inside, as an FP16 file
5. device_check: the file on every device of the target
6. agent_evaluation: agents beside heuristics, in the simulator, in the true world, and on logs
7. model_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from components.agent_evaluation.component import AgentEvaluation
from components.agent_evaluation.config import AgentEvaluationConfig
from components.agent_training.component import AgentTraining
from components.agent_training.config import AgentTrainingConfig
from components.device_check.config import DeviceCheckConfig
from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.playlist_simulation.config import SimulationConfig
from components.session_ingest.component import SessionIngest
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.source_digest import check_source, with_source_digest
from components.tflite_export.config import TfliteExportConfig
from components.user_model_training.component import UserModelTraining
from components.user_model_training.config import UserModelTrainingConfig
from pipelines.on_device import on_device
from pipelines.shared_settings import SharedSettings


class PlaylistConfig(SharedSettings):
    """Where sessions come from, and how playlists are learned from them."""

    shared: ClassVar = {
        "simulation": ("training.simulation", "evaluation.simulation"),
        "promotion.registered_model": ("evaluation.registered_model",),
    }

    sessions: SessionIngestConfig = Field(
        default_factory=SessionIngestConfig,
        description="Where sessions come from; without a source the world.",
    )
    user_models: UserModelTrainingConfig = Field(
        default_factory=UserModelTrainingConfig, description="Models of how users answer."
    )
    simulation: SimulationConfig = Field(
        default_factory=SimulationConfig, description="The environment; training and evaluation are given it."
    )
    training: AgentTrainingConfig = Field(
        default_factory=AgentTrainingConfig, description="Agents, and how they are trained."
    )
    evaluation: AgentEvaluationConfig = Field(
        default_factory=AgentEvaluationConfig, description="Heuristics, and how many sessions are played."
    )
    export: TfliteExportConfig = Field(default_factory=TfliteExportConfig, description="The on-device file.")
    devices: DeviceCheckConfig = Field(
        default_factory=DeviceCheckConfig, description="What the exported file has to run on."
    )
    promotion: ModelPromotionConfig = Field(description="The registered model and its gates.")


def check(config: PlaylistConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        NoriaError: The source is not there, or two steps do not fit each other.
    """
    check_source(config.sessions)
    config.check_shared()


def create_pipeline(config: PlaylistConfig) -> list[Any]:
    """The components of one source of sessions, in order."""
    ingest = SessionIngest(with_source_digest(config.sessions))
    sessions = ingest.outputs["sessions"]
    user_training = UserModelTraining(config.user_models, sessions=sessions)
    user_models = user_training.outputs["user_models"]
    training = AgentTraining(config.training, sessions=sessions, user_models=user_models)
    model = training.outputs["model"]
    exported = on_device(model, config.export, config.devices)
    evaluation = AgentEvaluation(
        config.evaluation,
        sessions=sessions,
        user_models=user_models,
        agents=training.outputs["agents"],
        model=model,
        tflite=exported.tflite,
    )
    promotion = ModelPromotion(
        config.promotion,
        model=model,
        evaluation=evaluation.outputs["evaluation"],
        tflite=exported.tflite,
        devices=exported.devices,
    )
    steps = {
        "session_ingest": ingest,
        "user_model_training": user_training,
        "agent_training": training,
        **exported.steps,
        "agent_evaluation": evaluation,
        "model_promotion": promotion,
    }
    return [step.with_id(name) for name, step in steps.items()]
