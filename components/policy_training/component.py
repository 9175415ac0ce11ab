"""The specification of policy_training."""

from __future__ import annotations

from components.artifacts import TrainedModel
from components.policy_training.config import PolicyTrainingConfig
from components.step_component import ExecutorPath, StepComponent, step_spec


class PolicyTraining(StepComponent):
    """Plays a game against itself or others and learns; has no inputs, for the rules are code."""

    SPEC_CLASS = step_spec("PolicyTraining", inputs={}, outputs={"model": TrainedModel})
    EXECUTOR_SPEC = ExecutorPath("components.policy_training.executor.Executor")

    def __init__(self, config: PolicyTrainingConfig) -> None:
        super().__init__(config, {})
