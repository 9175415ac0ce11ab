"""TF-GNN's own in-memory sampler on a Noria graph, in the fastest of the ways that were tried.

On these graphs, calling the model from a ``tf.function`` was faster than mapping it over a
``tf.data.Dataset``, its "vectorized" ops (the default) faster than its "parallel" ones, and batches of 128
seeds faster than of 32 or 512.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.features import LABEL
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.tfgnn_spec import graph_schema, sampling_spec
from components.tfgnn import tf, tfgnn

Batch = npt.NDArray[np.int32]
SEEDS = tf.TensorSpec([None], tf.int32)


def sampling_model(graph: Graph, spec: SamplingSpec) -> tf.keras.Model:
    """Ragged int32 seeds [batch, (1)] to a GraphTensor [batch] with the graph's features and the label."""
    from tensorflow_gnn.experimental import sampler

    def edges(op: Any) -> sampler.InMemUniformEdgesSampler:
        adjacency = spec.edge_sets[op.edge_set_name].adjacency
        source_nodes = len(adjacency.indptr) - 1
        return sampler.InMemUniformEdgesSampler(
            source_nodes,
            np.repeat(np.arange(source_nodes, dtype=np.int32), adjacency.degrees()),
            np.array(adjacency.indices),
            sample_size=op.sample_size,
            name=f"{op.op_name}_{op.edge_set_name}",
        )

    def features(node_set: str) -> sampler.InMemIndexToFeaturesAccessor | None:
        tables = dict(graph.node_sets[node_set].features)
        if node_set == spec.seed_node_set:
            tables[LABEL] = graph.task.labels
        # Without features of its own a node set keeps TF-GNN's `#id`.
        return sampler.InMemIndexToFeaturesAccessor(tables, name=node_set) if tables else None

    return sampler.create_sampling_model_from_spec(
        graph_schema(spec), sampling_spec(spec), edges, features, seed_node_dtype=tf.int32
    )


def merged(model: tf.keras.Model, seeds: tf.Tensor) -> tfgnn.GraphTensor:
    """One scalar GraphTensor with a component per seed."""
    ragged = tf.RaggedTensor.from_row_lengths(seeds, tf.ones_like(seeds, tf.int64), validate=False)
    return model(ragged).merge_batch_to_components()


def sizes_of(model: tf.keras.Model, batches: list[Batch]) -> dict[str, list[int]]:
    """Total nodes and edges of every batch by ``nodes/SET`` and ``edges/SET``."""

    def sizes(seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        graph = merged(model, seeds)
        nodes = {f"nodes/{name}": n.total_size for name, n in graph.node_sets.items()}
        return nodes | {f"edges/{name}": e.total_size for name, e in graph.edge_sets.items()}

    compiled = tf.function(sizes, input_signature=[SEEDS])
    rows = [{name: int(size) for name, size in compiled(batch).items()} for batch in batches]
    return {name: [row[name] for row in rows] for name in rows[0]}


def padded_sampler(
    model: tf.keras.Model, sizes: dict[str, list[int]], batch_size: int, slack: float
) -> Callable[[Batch], list[tf.Tensor]]:
    """Seeds to the tensors of a padded scalar GraphTensor.

    Args:
        model: See ``sampling_model``.
        sizes: See ``sizes_of``; what is padded to is ``slack`` times the largest.
        batch_size: Seeds per batch.
        slack: At least 1.
    """
    totals = {name: int(max(batches) * slack) + 1 for name, batches in sizes.items()}
    constraints = tfgnn.SizeConstraints(
        batch_size + 1,
        {name.removeprefix("nodes/"): n for name, n in totals.items() if name.startswith("nodes/")},
        {name.removeprefix("edges/"): n for name, n in totals.items() if name.startswith("edges/")},
    )

    def sample(seeds: tf.Tensor) -> list[tf.Tensor]:
        graph, _ = tfgnn.pad_to_total_sizes(merged(model, seeds), constraints, validate=False)
        return list(tf.nest.flatten(graph, expand_composites=True))

    compiled: Callable[[Batch], list[tf.Tensor]] = tf.function(sample, input_signature=[SEEDS])
    return compiled
