"""The specification of gnn_training."""

from __future__ import annotations

from components.artifacts import GraphSamples, GraphTables, NodeEmbeddings, TrainedModel
from components.gnn_training.config import GnnTrainingConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class GnnTraining(StepComponent):
    """Trains a graph neural network on sampled subgraphs."""

    SPEC_CLASS = step_spec(
        "GnnTraining",
        inputs={"graph": GraphTables, "samples": GraphSamples},
        outputs={"model": TrainedModel, "embeddings": NodeEmbeddings},
    )
    EXECUTOR_SPEC = ExecutorPath("components.gnn_training.executor.Executor")

    def __init__(self, config: GnnTrainingConfig, *, graph: BaseChannel, samples: BaseChannel) -> None:
        super().__init__(config, {"graph": graph, "samples": samples})
