"""From sampled subgraphs with their features to TF-GNN GraphTensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.features import KNOWN_LABEL, LABEL, NODE_ID, FeatureJoin
from components.graph_sampling.padding import SizeBudget, check_fits, pad
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import Subgraphs, starts_of
from components.tfgnn import tf, tfgnn

READOUT = "_readout"
READOUT_EDGES = "_readout/seed"

Pieces = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class GraphTensorFormat:
    """What a batch looks like as one scalar GraphTensor with a component per seed node.

    The label stands on the auxiliary node set ``_readout``, connected to the seed nodes, where
    TF-GNN's tasks read it (``label_feature_name="label"``) and models never see it.
    """

    graph: Graph
    spec: SamplingSpec
    known_labels: bool = True

    def pieces(self, subgraphs: Subgraphs, join: FeatureJoin, budget: SizeBudget | None = None) -> Pieces:
        """A batch as flat named arrays: the elements of a ``tf.data`` pipeline.

        Args:
            subgraphs: The sampled structure.
            join: Gives features and labels.
            budget: Total sizes to pad to; the padding is one more component, as TF-GNN's own.

        Raises:
            DataError: The batch is larger than the budget.
        """
        seed_set = self.spec.seed_node_set
        flat: Pieces = {}
        if budget is not None:
            check_fits(subgraphs, budget)
        for name, rows in join.join(subgraphs, None if budget is None else budget.nodes).items():
            flat[f"nodes/{name}/#size"] = subgraphs.nodes[name].sizes
            for feature, values in rows.items():
                flat[f"nodes/{name}/{feature}"] = values
        for name, edges in subgraphs.edges.items():
            flat[f"edges/{name}/#size"] = edges.sizes
            flat[f"edges/{name}/#source"] = edges.source
            flat[f"edges/{name}/#target"] = edges.target
        ones = np.ones(len(subgraphs), np.int32)
        flat[f"nodes/{READOUT}/#size"] = ones
        flat[f"nodes/{READOUT}/{LABEL}"] = join.labels(subgraphs)
        flat[f"edges/{READOUT_EDGES}/#size"] = ones
        flat[f"edges/{READOUT_EDGES}/#source"] = starts_of(subgraphs.nodes[seed_set].sizes).astype(np.int32)
        flat[f"edges/{READOUT_EDGES}/#target"] = np.arange(len(subgraphs), dtype=np.int32)
        return flat if budget is None else pad(flat, budget, self.endpoints())

    def endpoints(self) -> dict[str, tuple[str, str]]:
        """Edge set to its (source, target) node sets, the readout included."""
        ends = {name: (e.source, e.target) for name, e in self.spec.edge_sets.items()}
        return {**ends, READOUT_EDGES: (self.spec.seed_node_set, READOUT)}

    def feature_specs(self, node_set: str) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
        """(dtype, shape of one row) of every feature of a node set in a batch."""
        if node_set == READOUT:
            return {LABEL: (np.dtype(np.int32), ())}
        stored = self.graph.node_sets[node_set].features
        specs = {f: (np.dtype(v.dtype), tuple(v.shape[1:])) for f, v in stored.items()}
        if not specs:
            specs[NODE_ID] = (np.dtype(np.int32), ())
        if self.known_labels and node_set == self.spec.seed_node_set:
            specs[KNOWN_LABEL] = (np.dtype(np.int32), ())
        return specs

    def tensor_specs(self) -> dict[str, tf.TensorSpec]:
        """The signature of ``pieces`` for ``tf.data.Dataset.from_generator``."""
        specs: dict[str, tf.TensorSpec] = {}
        for name in (*self.spec.node_sets, READOUT):
            specs[f"nodes/{name}/#size"] = tf.TensorSpec([None], tf.int32)
            for feature, (dtype, shape) in self.feature_specs(name).items():
                specs[f"nodes/{name}/{feature}"] = tf.TensorSpec([None, *shape], dtype)
        for name in self.endpoints():
            for column in ("#size", "#source", "#target"):
                specs[f"edges/{name}/{column}"] = tf.TensorSpec([None], tf.int32)
        return specs

    def graph_tensor_spec(self) -> tfgnn.GraphTensorSpec:
        """The spec of one sampled subgraph: a scalar GraphTensor with a single component."""
        return tfgnn.GraphTensorSpec.from_piece_specs(
            node_sets_spec={
                name: tfgnn.NodeSetSpec.from_field_specs(
                    features_spec={
                        f: tf.TensorSpec([None, *shape], dtype)
                        for f, (dtype, shape) in self.feature_specs(name).items()
                    },
                    sizes_spec=tf.TensorSpec([1], tf.int32),
                )
                for name in (*self.spec.node_sets, READOUT)
            },
            edge_sets_spec={
                name: tfgnn.EdgeSetSpec.from_field_specs(
                    sizes_spec=tf.TensorSpec([1], tf.int32),
                    adjacency_spec=tfgnn.AdjacencySpec.from_incident_node_sets(
                        source, target, tf.TensorSpec([None], tf.int32)
                    ),
                )
                for name, (source, target) in self.endpoints().items()
            },
        )

    def to_batched_graph_tensor(self, flat: Mapping[str, tf.Tensor]) -> tfgnn.GraphTensor:
        """Builds a GraphTensor of shape [batch], as batching single subgraphs would have made it.

        Only views and index arithmetic: nothing is stacked example by example.
        """
        sizes = {name: flat[f"nodes/{name}/#size"] for name in (*self.spec.node_sets, READOUT)}
        starts = {name: tf.cumsum(size, exclusive=True) for name, size in sizes.items()}

        def within(name: str, edge_set: str, column: str) -> tf.RaggedTensor:
            edges = tf.cast(flat[f"edges/{edge_set}/#size"], tf.int64)
            local = flat[f"edges/{edge_set}/{column}"] - tf.repeat(starts[name], edges)
            return tf.RaggedTensor.from_row_lengths(local, edges, validate=False)

        return tfgnn.GraphTensor.from_pieces(
            node_sets={
                name: tfgnn.NodeSet.from_fields(
                    features={
                        f: tf.RaggedTensor.from_row_lengths(
                            flat[f"nodes/{name}/{f}"], tf.cast(size, tf.int64), validate=False
                        )
                        for f in self.feature_specs(name)
                    },
                    sizes=size[:, tf.newaxis],
                )
                for name, size in sizes.items()
            },
            edge_sets={
                name: tfgnn.EdgeSet.from_fields(
                    sizes=flat[f"edges/{name}/#size"][:, tf.newaxis],
                    adjacency=tfgnn.Adjacency.from_indices(
                        (source, within(source, name, "#source")), (target, within(target, name, "#target"))
                    ),
                )
                for name, (source, target) in self.endpoints().items()
            },
        )

    def to_graph_tensor(self, flat: Mapping[str, Any]) -> tfgnn.GraphTensor:
        """Builds the GraphTensor out of ``pieces`` (arrays or tensors), features dropped where absent."""
        return tfgnn.GraphTensor.from_pieces(
            node_sets={
                name: tfgnn.NodeSet.from_fields(
                    features={
                        f: flat[f"nodes/{name}/{f}"]
                        for f in self.feature_specs(name)
                        if f"nodes/{name}/{f}" in flat
                    },
                    sizes=flat[f"nodes/{name}/#size"],
                )
                for name in (*self.spec.node_sets, READOUT)
            },
            edge_sets={
                name: tfgnn.EdgeSet.from_fields(
                    sizes=flat[f"edges/{name}/#size"],
                    adjacency=tfgnn.Adjacency.from_indices(
                        (source, flat[f"edges/{name}/#source"]), (target, flat[f"edges/{name}/#target"])
                    ),
                )
                for name, (source, target) in self.endpoints().items()
            },
        )
