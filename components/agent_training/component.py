"""The specification of agent_training."""

from __future__ import annotations

from components.agent_training.config import AgentTrainingConfig
from components.artifacts import Agents, SessionLog, TrainedModel, UserModels
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class AgentTraining(StepComponent):
    """Trains every agent with every seed in the simulator; ``model`` is the best agent's best seed."""

    SPEC_CLASS = step_spec(
        "AgentTraining",
        inputs={"sessions": SessionLog, "user_models": UserModels},
        outputs={"agents": Agents, "model": TrainedModel},
    )
    EXECUTOR_SPEC = ExecutorPath("components.agent_training.executor.Executor")

    def __init__(
        self, config: AgentTrainingConfig, *, sessions: BaseChannel, user_models: BaseChannel
    ) -> None:
        super().__init__(config, {"sessions": sessions, "user_models": user_models})
