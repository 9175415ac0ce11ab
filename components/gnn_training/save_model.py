"""Writes the trained network as a TrainedModel folder: SavedModel, card, real examples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.gnn_training.config import GnnTrainingConfig
from components.gnn_training.signatures import ServedNetwork, serving_example
from components.gnn_training.train import Trained
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.padding import SizeBudget
from components.graph_sampling.subgraph_source import SubgraphSource
from components.model_folder import ModelCard, Signature, TensorSpec, save_model_folder
from components.tfgnn import tf


def save_model(
    folder: Path,
    trained: Trained,
    fmt: GraphTensorFormat,
    config: GnnTrainingConfig,
    sources: Mapping[str, SubgraphSource],
) -> ServedNetwork:
    """Saves model and examples.

    Args:
        folder: The TrainedModel folder to fill.
        trained: The network.
        fmt: Its input format.
        config: What it was trained by.
        sources: Samples by split; the fixed sizes must hold every one of ``valid`` and ``test``.
    """
    budget = _largest_sample([sources["valid"], sources["test"]])
    served = ServedNetwork(trained, fmt, budget)
    signatures = served.signatures()
    tf.saved_model.save(served, str(folder / "saved_model"), signatures=signatures)
    function = signatures["serving_default"]
    inputs = {
        name: TensorSpec(shape=tuple(spec.shape), dtype=spec.dtype.name)
        for name, spec in function.structured_input_signature[1].items()
    }
    outputs = {
        name: TensorSpec(shape=tuple(tensor.shape), dtype=tensor.dtype.name)
        for name, tensor in function.structured_outputs.items()
    }
    card = ModelCard(
        name=config.model.name,
        keras=2,
        task="classification",
        primary_output="logits",
        signature=Signature(inputs=inputs, outputs=outputs),
        classes=fmt.graph.task.classes,
        facts={
            "known_labels": config.model.known_labels,
            "parameters": int(sum(np.prod(v.shape) for v in served.trainable_variables)),
            "best_epoch": trained.best_epoch,
            "valid_accuracy": trained.valid_accuracy,
        },
    )
    save_model_folder(folder, card, _examples(fmt, sources["test"], config.examples, budget))
    return served


def _examples(
    fmt: GraphTensorFormat, source: SubgraphSource, count: int, budget: SizeBudget
) -> dict[str, np.ndarray[Any, Any]]:
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets, known_labels=fmt.known_labels)
    # Evenly over the split, whatever order its nodes have.
    positions = np.unique(np.linspace(0, len(source.seeds) - 1, count).astype(np.int64))
    samples = [
        serving_example(fmt.pieces(source.batch(positions[i : i + 1], 0), join, budget))
        for i in range(len(positions))
    ]
    return {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}


def _largest_sample(sources: list[SubgraphSource]) -> SizeBudget:
    nodes: dict[str, int] = {}
    edges: dict[str, int] = {}
    for source in sources:
        for start in range(0, len(source.seeds), 1024):
            stop = min(start + 1024, len(source.seeds))
            batch = source.batch(np.arange(start, stop), 0)
            for name, sampled in batch.nodes.items():
                nodes[name] = max(nodes.get(name, 0), int(sampled.sizes.max(initial=0)))
            for name, adjacency in batch.edges.items():
                edges[name] = max(edges.get(name, 0), int(adjacency.sizes.max(initial=0)))
    return SizeBudget(
        components=2,
        # One node beyond the largest sample, for padding edges to end at.
        nodes={name: size + 1 for name, size in nodes.items()},
        edges={name: max(size, 1) for name, size in edges.items()},
    )
