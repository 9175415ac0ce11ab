"""The specification of gnn_evaluation."""

from __future__ import annotations

from components.artifacts import GraphSamples, GraphTables, ModelEvaluation, TrainedModel
from components.gnn_evaluation.config import GnnEvaluationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class GnnEvaluation(StepComponent):
    """Scores a trained graph network on the test split."""

    SPEC_CLASS = step_spec(
        "GnnEvaluation",
        inputs={"graph": GraphTables, "samples": GraphSamples, "model": TrainedModel},
        outputs={"evaluation": ModelEvaluation},
    )
    EXECUTOR_SPEC = ExecutorPath("components.gnn_evaluation.executor.Executor")

    def __init__(
        self, config: GnnEvaluationConfig, *, graph: BaseChannel, samples: BaseChannel, model: BaseChannel
    ) -> None:
        super().__init__(config, {"graph": graph, "samples": samples, "model": model})
