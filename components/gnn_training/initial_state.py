"""From features to initial node states: one learned part per feature, summed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from components.gnn_training.config import ModelConfig
from components.graph_ingest.tables import Graph
from components.graph_sampling.features import KNOWN_LABEL, NODE_ID
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.tfgnn import tf, tfgnn

Parts = dict[tuple[str, str], Any]


class InitialState(tf.keras.layers.Layer):
    """Gives every node a hidden state: LayerNorm(relu(sum of its features' parts)).

    A part is linear in what it embeds and zero for an all-zero (absent) feature, so that the parts are
    what integrated gradients can be taken of, integers included. Numbers are standardised by the mean and
    deviation over training nodes; integer features of several columns are bags (0 = nothing there).
    """

    def __init__(self, fmt: GraphTensorFormat, config: ModelConfig) -> None:
        super().__init__(name="initial_state")
        self._embedders: dict[str, dict[str, tf.keras.layers.Layer]] = {}
        self._norms: dict[str, tf.keras.layers.Layer] = {}
        self._dropouts: dict[str, tf.keras.layers.Layer] = {}
        for name in fmt.spec.node_sets:
            self._embedders[name] = {
                feature: _embedder(fmt.graph, name, feature, dtype, shape, config)
                for feature, (dtype, shape) in fmt.feature_specs(name).items()
            }
            self._norms[name] = tf.keras.layers.LayerNormalization(name=f"{name}_norm")
            self._dropouts[name] = tf.keras.layers.Dropout(config.dropout, name=f"{name}_dropout")

    def parts(self, graph: tfgnn.GraphTensor) -> Parts:
        """(node set, feature) to float32 [nodes, units]."""
        return {
            (name, feature): embed(graph.node_sets[name][feature])
            for name, embedders in self._embedders.items()
            for feature, embed in embedders.items()
        }

    def combine(
        self, graph: tfgnn.GraphTensor, parts: Mapping[tuple[str, str], Any], training: bool | None = None
    ) -> tfgnn.GraphTensor:
        """The graph with hidden states made of ``parts``, other features dropped."""
        states = {}
        for name, embedders in self._embedders.items():
            total = tf.add_n([parts[name, feature] for feature in embedders])
            total = self._dropouts[name](tf.nn.relu(total), training=training)
            states[name] = {tfgnn.HIDDEN_STATE: self._norms[name](total)}
        return graph.replace_features(node_sets=states)

    def call(self, graph: tfgnn.GraphTensor, training: bool | None = None) -> tfgnn.GraphTensor:
        """See the class."""
        return self.combine(graph, self.parts(graph), training)


def _embedder(
    graph: Graph, name: str, feature: str, dtype: np.dtype[Any], shape: tuple[int, ...], config: ModelConfig
) -> tf.keras.layers.Layer:
    layer_name = f"{name}_{feature}"
    if feature == KNOWN_LABEL:
        return Bag(len(graph.task.classes) + 1, config.units, None, name=layer_name)
    if feature == NODE_ID and name in config.embed:
        return tf.keras.layers.Embedding(graph.node_sets[name].size, config.units, name=layer_name)
    if feature == NODE_ID:
        return SharedVector(config.units, name=layer_name)
    values = graph.node_sets[name].features[feature]
    if np.issubdtype(dtype, np.integer):
        return Bag(int(values.max(initial=0)) + 1, config.units, config.word_dim, name=layer_name)
    mean, scale = _moments(graph, name, values)
    return Linear(config.units, mean, scale, columns=int(np.prod(shape)), name=layer_name)


class Linear(tf.keras.layers.Layer):
    """A standardised numeric feature times a matrix, without bias."""

    def __init__(
        self, units: int, mean: npt.NDArray[Any], scale: npt.NDArray[Any], columns: int, name: str
    ) -> None:
        super().__init__(name=name)
        self._columns = columns
        self._mean = tf.constant(mean, tf.float32)
        self._scale = tf.constant(scale, tf.float32)
        self._dense = tf.keras.layers.Dense(units, use_bias=False, name="dense")

    def call(self, values: tf.Tensor) -> tf.Tensor:
        """[nodes, ...] to [nodes, units]."""
        flat = tf.reshape(tf.cast(values, tf.float32), [-1, self._columns])
        return self._dense((flat - self._mean) * self._scale)


class Bag(tf.keras.layers.Layer):
    """The mean embedding of a row's integers, zeros left out; [nodes] or [nodes, columns] int32."""

    def __init__(self, vocabulary: int, units: int, dimension: int | None, name: str) -> None:
        super().__init__(name=name)
        self._embedding = tf.keras.layers.Embedding(vocabulary, dimension or units, name="embedding")
        self._dense = tf.keras.layers.Dense(units, use_bias=False, name="dense") if dimension else None

    def call(self, values: tf.Tensor) -> tf.Tensor:
        """See the class."""
        ids = values[:, tf.newaxis] if values.shape.rank == 1 else values
        present = tf.cast(ids > 0, tf.float32)
        total = tf.reduce_sum(self._embedding(ids) * present[..., tf.newaxis], axis=1)
        mean = total / tf.maximum(tf.reduce_sum(present, axis=1, keepdims=True), 1.0)
        return self._dense(mean) if self._dense else mean


class SharedVector(tf.keras.layers.Layer):
    """The same learned vector for every node of a set that has nothing of its own."""

    def __init__(self, units: int, name: str) -> None:
        super().__init__(name=name)
        self._vector = self.add_weight("vector", [1, units], initializer="glorot_uniform")

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """[nodes] to [nodes, units]."""
        return tf.cast(tf.ones_like(ids), tf.float32)[:, tf.newaxis] * self._vector


def _moments(
    graph: Graph, name: str, values: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    # Only training nodes, where the set has a split: what is learned from must not hold the test set.
    rows = values[graph.task.nodes("train")] if name == graph.task.node_set else values
    flat = np.asarray(rows, np.float64).reshape(len(rows), -1)
    deviation = flat.std(axis=0)
    scale = np.where(deviation > 0, 1 / np.maximum(deviation, 1e-12), 0.0)
    return flat.mean(axis=0).astype(np.float32), scale.astype(np.float32)
