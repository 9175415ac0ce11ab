"""Writes the trained network as a TrainedModel folder: SavedModel, card, real examples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from components.gnn_training.config import GnnTrainingConfig
from components.gnn_training.signatures import ServedNetwork
from components.gnn_training.train import Trained
from components.graph_sampling.argument_names import serving_example
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.padding import SizeBudget, size_class
from components.graph_sampling.subgraph_source import SubgraphSource
from components.model_card import ModelCard, Signature, TensorSpec
from components.model_folder import CALIBRATION_SAMPLES, save_model_folder
from components.signature_contract import write_function_type

Array = np.ndarray[Any, Any]


def save_model(
    folder: Path,
    trained: Trained,
    fmt: GraphTensorFormat,
    config: GnnTrainingConfig,
    sources: Mapping[str, SubgraphSource],
    plan: SamplingPlan,
) -> Any:
    """Saves model and examples; returns the ``batch`` function.

    Args:
        folder: The TrainedModel folder to fill.
        trained: The network.
        fmt: Its input format.
        config: What it was trained by.
        plan: How subgraphs are drawn for it; kept in the card, for whoever evaluates it later.
        sources: Samples by split; the fixed sizes must hold every one of ``valid`` and ``test``.
    """
    budget = _largest_sample([sources["valid"], sources["test"]])
    served = ServedNetwork(trained, fmt, budget)
    signatures = served.save(folder / "saved_model")
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
            "sampling_plan": plan.model_dump(mode="json"),
            "known_labels": config.model.known_labels,
            "parameters": served.parameters,
            "best_epoch": trained.best_epoch,
            "valid_accuracy": trained.valid_accuracy,
        },
    )
    write_function_type(folder, function)
    examples, labels = _examples(fmt, sources["test"], config.examples, budget)
    calibration, known = _examples(fmt, sources["valid"], CALIBRATION_SAMPLES, budget)
    save_model_folder(
        folder, card, examples, labels=labels, calibration=calibration, calibration_labels=known
    )
    return signatures["batch"]


def _examples(
    fmt: GraphTensorFormat, source: SubgraphSource, count: int, budget: SizeBudget
) -> tuple[dict[str, Array], Array]:
    """Samples of the serving signature and int64 [samples], the classes of their seed nodes."""
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets, known_labels=fmt.known_labels)
    # Evenly over the split, whatever order its nodes have.
    positions = np.unique(np.linspace(0, len(source.seeds) - 1, count).astype(np.int64))
    samples = [
        serving_example(fmt.pieces(source.batch(positions[i : i + 1], 0), join, budget))
        for i in range(len(positions))
    ]
    labels = np.asarray(fmt.graph.task.labels)[np.asarray(source.seeds)[positions]].astype(np.int64)
    return {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}, labels


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
        # One node beyond the largest sample, for padding edges to end at. Not the exact size: the signature
        # should outlive a retraining on a graph that has grown a little.
        nodes={name: size_class(size + 1) for name, size in nodes.items()},
        edges={name: size_class(size) for name, size in edges.items()},
    )
