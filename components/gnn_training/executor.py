"""The work of gnn_training."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.gnn_training.config import GnnTrainingConfig
from components.gnn_training.node_embeddings import write_embeddings
from components.gnn_training.save_model import save_model
from components.gnn_training.train import train
from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.subgraph_source import open_source, read_plan, read_spec
from components.pictures import learning_curve
from components.step_executor import StepExecutor
from noria.errors import ConfigError
from noria.files import write_bytes

_PANELS = {"cross_entropy": "cross-entropy", "accuracy": "accuracy"}


class Executor(StepExecutor[GnnTrainingConfig]):
    """Trains, saves the model with its signatures, writes node embeddings."""

    config_type = GnnTrainingConfig

    def run(self, config: GnnTrainingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        graph = Graph.load(inputs["graph"])
        spec = read_spec(inputs["samples"], graph)
        _check(config, graph, spec.node_sets)
        fmt = GraphTensorFormat(graph, spec, config.model.known_labels)
        sources = {split: open_source(inputs["samples"], graph, split) for split in SPLITS}
        with tempfile.TemporaryDirectory(dir=outputs["model"].parent) as scratch:
            trained = train(sources["train"], sources["valid"], fmt, config, Path(scratch))
        run_batch = save_model(outputs["model"], trained, fmt, config, sources, read_plan(inputs["samples"]))
        curve = outputs["model"] / "learning_curve.png"
        write_bytes(curve, learning_curve(trained.history, trained.best_epoch, _PANELS))
        tracking.artifact(curve)
        tracking.params({**config.model.model_dump(), "batch_size": config.batch_size, "seed": config.seed})
        tracking.metrics({"valid_accuracy": trained.valid_accuracy, "best_epoch": trained.best_epoch + 1})
        if config.embeddings:
            rows = write_embeddings(
                outputs["embeddings"] / "embeddings.parquet",
                run_batch,
                fmt,
                sources,
            )
            tracking.params({"embedded_nodes": rows})


def _check(config: GnnTrainingConfig, graph: Graph, node_sets: tuple[str, ...]) -> None:
    for name in config.model.embed:
        if name not in node_sets:
            raise ConfigError(
                f"training.model.embed names {name!r}; sampling reaches {', '.join(node_sets)}",
                hint="drop it, or follow an edge set that leads there",
            )
        if graph.node_sets[name].features:
            raise ConfigError(f"training.model.embed names {name!r}, which has features of its own")
    if config.model.name == "hgt" and config.model.units % config.model.heads:
        raise ConfigError(
            f"training.model.units {config.model.units} must be a multiple of heads {config.model.heads}"
        )
