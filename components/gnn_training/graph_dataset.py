"""Batches of GraphTensors for TF-GNN's Runner, assembled batch by batch instead of example by example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat, Pieces
from components.graph_sampling.subgraph_source import SubgraphSource
from components.tfgnn import runner, tf


class GraphDataset(runner.DatasetProvider):
    """One split as a Runner dataset provider.

    Args:
        source: The samples.
        fmt: How a batch becomes a GraphTensor.
        join: Gives features and labels.
        global_batch_size: Seed nodes per step over all replicas; the Runner must be given the same.
        shuffle_seed: Seed of the order of seed nodes, another in every epoch; None = ascending, always.
    """

    def __init__(
        self,
        source: SubgraphSource,
        fmt: GraphTensorFormat,
        join: FeatureJoin,
        global_batch_size: int,
        shuffle_seed: int | None = None,
    ) -> None:
        self._source = source
        self._format = fmt
        self._join = join
        self._global_batch_size = global_batch_size
        self._shuffle_seed = shuffle_seed
        self._epoch = 0

    def get_dataset(self, context: tf.distribute.InputContext) -> _Batches:
        """The batches of this input pipeline: GraphTensors of shape [per-replica batch]."""
        size = context.get_per_replica_batch_size(self._global_batch_size)

        def batches() -> Iterator[Pieces]:
            self._epoch += 1
            positions = np.arange(len(self._source.seeds), dtype=np.int64)
            if self._shuffle_seed is not None:
                positions = np.random.default_rng((self._shuffle_seed, self._epoch)).permutation(positions)
            positions = positions[context.input_pipeline_id :: context.num_input_pipelines]
            for start in range(0, len(positions), size):
                batch = self._source.batch(positions[start : start + size], self._epoch)
                yield self._format.pieces(batch, self._join)

        dataset = tf.data.Dataset.from_generator(batches, output_signature=self._format.tensor_specs())
        return _Batches(dataset.map(self._format.to_batched_graph_tensor).prefetch(4))


class _Batches:
    """A dataset that is batched already, in the one place where the Runner would batch it."""

    def __init__(self, dataset: tf.data.Dataset) -> None:
        self._dataset = dataset

    def batch(self, size: int, **kwargs: Any) -> tf.data.Dataset:  # noqa: ARG002
        return self._dataset
