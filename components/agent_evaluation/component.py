"""The specification of agent_evaluation."""

from __future__ import annotations

from components.agent_evaluation.config import AgentEvaluationConfig
from components.artifacts import Agents, ModelEvaluation, SessionLog, TfliteModel, TrainedModel, UserModels
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class AgentEvaluation(StepComponent):
    """Sessions, user models, agents, the model and (where there is one) its exported file in; how they
    compare with heuristics out."""

    SPEC_CLASS = step_spec(
        "AgentEvaluation",
        inputs={
            "sessions": SessionLog,
            "user_models": UserModels,
            "agents": Agents,
            "model": TrainedModel,
            "tflite": TfliteModel,
        },
        outputs={"evaluation": ModelEvaluation},
        optional=("tflite",),
    )
    EXECUTOR_SPEC = ExecutorPath("components.agent_evaluation.executor.Executor")

    def __init__(
        self,
        config: AgentEvaluationConfig,
        *,
        sessions: BaseChannel,
        user_models: BaseChannel,
        agents: BaseChannel,
        model: BaseChannel,
        tflite: BaseChannel | None = None,
    ) -> None:
        inputs = {
            "sessions": sessions,
            "user_models": user_models,
            "agents": agents,
            "model": model,
            "tflite": tflite,
        }
        super().__init__(config, inputs)
