"""Padding every batch to sizes that (but for a vanishing chance) every batch fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from components.graph_sampling.graph_tensor import READOUT, READOUT_EDGES
from components.graph_sampling.subgraph_source import SubgraphSource
from components.tfgnn import runner, tf, tfgnn

_SAMPLES = 4096
# A batch's size is a sum over many samples: this many deviations above its mean do not happen.
_DEVIATIONS = 8.0


class FixedPadding(runner.GraphTensorPadding):
    """Size constraints from the mean and deviation of sample sizes; a batch beyond them is an error.

    TF-GNN's own FitOrSkipPadding drops such batches, which would change what is trained on.
    """

    def __init__(self, source: SubgraphSource) -> None:
        positions = np.random.default_rng(0).permutation(len(source.seeds))[:_SAMPLES]
        self._batch = source.batch(positions.astype(np.int64), 0)

    def get_size_constraints(self, target_batch_size: int) -> tfgnn.SizeConstraints:
        """Total sizes for batches of ``target_batch_size`` seed nodes."""

        def bound(sizes: Any) -> int:
            spread = _DEVIATIONS * sizes.std() * math.sqrt(target_batch_size)
            return int(min(sizes.mean() * target_batch_size + spread, sizes.max() * target_batch_size)) + 1

        return tfgnn.SizeConstraints(
            total_num_components=target_batch_size + 1,
            total_num_nodes={
                **{name: bound(nodes.sizes) + 1 for name, nodes in self._batch.nodes.items()},
                READOUT: target_batch_size + 1,
            },
            total_num_edges={
                **{name: bound(edges.sizes) for name, edges in self._batch.edges.items()},
                READOUT_EDGES: target_batch_size + 1,
            },
            # The padding component needs a node for padding edges to end at.
            min_nodes_per_component=dict.fromkeys((*self._batch.nodes, READOUT), 1),
        )

    def get_filter_fn(self, size_constraints: tfgnn.SizeConstraints) -> Callable[..., Any]:
        """A filter that lets everything pass, and raises where a batch does not fit."""

        def fits(graph: tfgnn.GraphTensor, *rest: Any) -> tf.Tensor:
            del rest
            satisfied = tfgnn.satisfies_size_constraints(graph, size_constraints)
            check = tf.debugging.Assert(
                satisfied, ["a batch does not fit the fixed padding; use training.padding=none"]
            )
            with tf.control_dependencies([check]):
                return tf.identity(satisfied)

        return fits
