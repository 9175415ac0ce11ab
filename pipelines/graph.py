"""The graph pipeline: a heterogeneous graph in, a checked, registered, on-device node classifier out.

1. graph_ingest: source -> columns and adjacency that can be memory-mapped
2. graph_validation: statistics, limits, drift; a breach ends the run before anything is trained
3. graph_sampling: a rooted subgraph around every labelled node
4. gnn_training: a network of TF-GNN's collection, trained with its Runner; node embeddings
5. gnn_evaluation: test split, baselines, the champion, attribution
6. tflite_export: on-device file, compared with the model on real test samples
7. device_check: the file on every device of the target
8. model_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from components.device_check.config import DeviceCheckConfig
from components.gnn_evaluation.component import GnnEvaluation
from components.gnn_evaluation.config import GnnEvaluationConfig
from components.gnn_training.component import GnnTraining
from components.gnn_training.config import GnnTrainingConfig
from components.graph_ingest.component import GraphIngest
from components.graph_ingest.config import (
    GraphIngestConfig,
    SourceConfig,
    SplitConfig,
    TaskConfig,
    TextFeature,
)
from components.graph_ingest.source_digest import check_source, with_source_digest
from components.graph_sampling.component import GraphSampling
from components.graph_sampling.config import GraphSamplingConfig
from components.graph_validation.component import GraphValidation
from components.graph_validation.config import GraphValidationConfig
from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.tflite_export.config import TfliteExportConfig
from noria.errors import ConfigError
from pipelines.on_device import on_device
from pipelines.shared_settings import SharedSettings


class GraphConfig(SharedSettings):
    """Everything about one graph: where it comes from, what is predicted, how."""

    shared: ClassVar = {"promotion.registered_model": ("evaluation.registered_model",)}

    source: SourceConfig = Field(default_factory=SourceConfig, description="Where the graph comes from.")
    task: TaskConfig = Field(default_factory=TaskConfig, description="What is to be predicted.")
    split: SplitConfig = Field(default_factory=SplitConfig, description="How labelled nodes are divided.")
    text: dict[str, dict[str, TextFeature]] = Field(
        default_factory=dict, description="Per node set and text feature: how it becomes a vector."
    )
    validation: GraphValidationConfig = Field(
        default_factory=GraphValidationConfig, description="Limits that the graph has to keep."
    )
    sampling: GraphSamplingConfig = Field(description="Which neighbours are drawn, how, when.")
    training: GnnTrainingConfig = Field(default_factory=GnnTrainingConfig, description="The network.")
    evaluation: GnnEvaluationConfig = Field(
        default_factory=GnnEvaluationConfig, description="What is measured beside accuracy."
    )
    export: TfliteExportConfig = Field(default_factory=TfliteExportConfig, description="The on-device file.")
    devices: DeviceCheckConfig = Field(
        default_factory=DeviceCheckConfig, description="What the exported file has to run on."
    )
    promotion: ModelPromotionConfig = Field(description="The registered model and its gates.")

    def ingest(self) -> GraphIngestConfig:
        """The part that graph_ingest takes."""
        return GraphIngestConfig(source=self.source, task=self.task, split=self.split, text=self.text)


def check(config: GraphConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        NoriaError: The source is not there, or two steps do not fit each other.
    """
    check_source(config.ingest())
    config.check_shared()
    hops, layers = len(config.sampling.plan.hops), config.training.model.layers
    if layers < hops:
        raise ConfigError(
            f"sampling.plan has {hops} hops, but training.model.layers is {layers}: nodes further away than "
            "the number of layers could never matter",
            hint=f"set training.model.layers={hops}, or drop a hop",
        )


def create_pipeline(config: GraphConfig) -> list[Any]:
    """The components of one graph, in order."""
    ingest = GraphIngest(with_source_digest(config.ingest()))
    graph = ingest.outputs["graph"]
    validation = GraphValidation(config.validation, graph=graph)
    sampling = GraphSampling(config.sampling, graph=graph)
    # No data flows between them, but a graph that breaks its limits must not be worked on.
    sampling.add_upstream_node(validation)
    samples = sampling.outputs["samples"]
    training = GnnTraining(config.training, graph=graph, samples=samples)
    model = training.outputs["model"]
    evaluation = GnnEvaluation(config.evaluation, graph=graph, samples=samples, model=model)
    exported = on_device(model, config.export, config.devices)
    promotion = ModelPromotion(
        config.promotion,
        model=model,
        evaluation=evaluation.outputs["evaluation"],
        tflite=exported.tflite,
        devices=exported.devices,
    )
    steps = {
        "graph_ingest": ingest,
        "graph_validation": validation,
        "graph_sampling": sampling,
        "gnn_training": training,
        "gnn_evaluation": evaluation,
        **exported.steps,
        "model_promotion": promotion,
    }
    return [step.with_id(name) for name, step in steps.items()]
