"""TF-GNN's own in-memory sampler on a Noria graph.

It has two implementations of its ragged operations, chosen by ``set_ext_ops_implementation``: which is faster
depends on the graph. Called from a ``tf.function`` it was faster than mapped over a ``tf.data.Dataset``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.features import LABEL
from components.graph_sampling.padding import SizeBudget
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.tfgnn_spec import graph_schema, sampling_spec
from components.tfgnn import tf, tfgnn

Batch = npt.NDArray[np.int32]


OPERATIONS = ("vectorized", "parallel")


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


def padded_sampler(
    model: tf.keras.Model, budget: SizeBudget
) -> Callable[[Batch], tuple[list[tf.Tensor], dict[str, tf.Tensor]]]:
    """Turns seeds into the tensors of a padded scalar GraphTensor with a component per seed.

    It also returns how many nodes and edges there were before padding, by ``nodes/SET`` and ``edges/SET``.
    """
    sizes = tfgnn.SizeConstraints(budget.components, dict(budget.nodes), dict(budget.edges))

    def sample(seeds: tf.Tensor) -> tuple[list[tf.Tensor], dict[str, tf.Tensor]]:
        ragged = tf.RaggedTensor.from_row_lengths(seeds, tf.ones_like(seeds, tf.int64), validate=False)
        graph = model(ragged).merge_batch_to_components()
        real = {f"nodes/{name}": nodes.total_size for name, nodes in graph.node_sets.items()}
        real |= {f"edges/{name}": edges.total_size for name, edges in graph.edge_sets.items()}
        padded, _ = tfgnn.pad_to_total_sizes(graph, sizes, validate=False)
        return list(tf.nest.flatten(padded, expand_composites=True)), real

    compiled: Callable[[Batch], tuple[list[tf.Tensor], dict[str, tf.Tensor]]] = tf.function(
        sample, input_signature=[tf.TensorSpec([None], tf.int32)]
    )
    return compiled
