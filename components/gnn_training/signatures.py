"""The trained network as functions of plain tensors, saved with it: nobody needs TF-GNN to run them.

Three signatures, whose arguments are named ``SET__COLUMN`` (``package__text``, ``depends__source``):

- ``serving_default``: one subgraph padded to fixed sizes, as on-device runtimes want it; logits [1, classes].
- ``batch``: many subgraphs of any size, with ``SET__size`` per subgraph; logits and embeddings.
- ``attribution``: gradients for integrated gradients at one point of the path (see gnn_evaluation).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.gnn_training.train import CLASSIFICATION, Trained
from components.graph_sampling.argument_names import argument_name
from components.graph_sampling.graph_tensor import READOUT, READOUT_EDGES, GraphTensorFormat
from components.graph_sampling.padding import SizeBudget
from components.tfgnn import tf, tfgnn


class ServedNetwork:
    """The three functions over one trained network."""

    def __init__(self, trained: Trained, fmt: GraphTensorFormat, budget: SizeBudget) -> None:
        self._network = trained.network
        self._variables = list(trained.model.variables)
        self._head = _head(trained.model)
        self._format = fmt
        self._budget = budget

    @property
    def parameters(self) -> int:
        """Number of trained numbers."""
        return sum(v.shape.num_elements() for v in self._variables if v.trainable)

    def save(self, folder: Path) -> dict[str, Any]:
        """Writes a SavedModel with the three signatures; returns them."""
        # Only variables are tracked: Keras objects would be saved with functions of GraphTensors, and
        # then could be loaded only where TF-GNN is installed.
        module = tf.Module()
        module.weights = self._variables
        signatures = self.signatures()
        tf.saved_model.save(module, str(folder), signatures=signatures)
        return signatures

    def signatures(self) -> dict[str, Any]:
        """The concrete functions by signature name."""
        return {
            "serving_default": self._serving(),
            "batch": self._batch(),
            "attribution": self._attribution(),
        }

    def _serving(self) -> Any:
        specs = {}
        for piece, spec in self._inner_specs().items():
            kind, rest = piece.split("/", 1)
            set_name, column = rest.rsplit("/", 1)
            if column != "#size":
                total = (self._budget.nodes if kind == "nodes" else self._budget.edges)[set_name]
                specs[piece] = tf.TensorSpec([total, *spec.shape[1:]], spec.dtype)

        def run(**arguments: tf.Tensor) -> dict[str, tf.Tensor]:
            flat = {piece: arguments[argument_name(piece)] for piece in specs}
            # Component sizes do not matter to message passing: all nodes count as one component.
            for name in self._format.spec.node_sets:
                flat[f"nodes/{name}/#size"] = tf.constant([self._budget.nodes[name]], tf.int32)
            for name in self._format.spec.edge_sets:
                flat[f"edges/{name}/#size"] = tf.constant([self._budget.edges[name]], tf.int32)
            logits, _ = self._logits(self._graph(flat, tf.zeros([1], tf.int32)))
            return {"logits": logits}

        return _concrete(run, specs)

    def _batch(self) -> Any:
        specs = self._inner_specs()

        def run(**arguments: tf.Tensor) -> dict[str, tf.Tensor]:
            graph = self._batched(arguments, specs)
            logits, embedding = self._logits(graph)
            return {"logits": logits, "embedding": embedding}

        return _concrete(run, specs)

    def _attribution(self) -> Any:
        # The path starts at the batch's average node: at a state of zeros the layer normalisation that
        # follows would hide how much of a feature there is.
        specs = self._inner_specs()
        extra = {
            "alpha": tf.TensorSpec([], tf.float32),
            "target": tf.TensorSpec([None], tf.int32),
        }

        def run(alpha: tf.Tensor, target: tf.Tensor, **arguments: tf.Tensor) -> dict[str, tf.Tensor]:
            graph = self._batched(arguments, specs)
            parts = self._network.initial.parts(graph)
            average = {key: tf.reduce_mean(part, axis=0, keepdims=True) for key, part in parts.items()}
            scaled = {key: average[key] + alpha * (part - average[key]) for key, part in parts.items()}
            with tf.GradientTape() as tape:
                tape.watch(scaled)
                state = self._network.initial.combine(graph, scaled, training=False)
                for update in self._network.updates:
                    state = update(state, training=False)
                probabilities = tf.nn.softmax(self._head(self._seed_state(state)))
                chosen = tf.gather(probabilities, target, axis=1, batch_dims=1)
            gradients = tape.gradient(chosen, scaled, unconnected_gradients="zero")
            products = {
                f"{name}__{feature}": tf.reduce_sum(
                    gradients[name, feature] * (part - average[name, feature]), axis=1
                )
                for (name, feature), part in parts.items()
            }
            return {**products, "probability": chosen}

        return _concrete(run, specs, extra)

    def _inner_specs(self) -> dict[str, tf.TensorSpec]:
        return {k: s for k, s in self._format.tensor_specs().items() if READOUT not in k}

    def _batched(
        self, arguments: Mapping[str, tf.Tensor], specs: Mapping[str, tf.TensorSpec]
    ) -> tfgnn.GraphTensor:
        flat = {piece: arguments[argument_name(piece)] for piece in specs}
        sizes = flat[f"nodes/{self._format.spec.seed_node_set}/#size"]
        return self._graph(flat, tf.cumsum(sizes, exclusive=True))

    def _graph(self, flat: dict[str, tf.Tensor], seeds: tf.Tensor) -> tfgnn.GraphTensor:
        count = tf.shape(seeds)[0] if seeds.shape[0] is None else seeds.shape[0]
        ones = tf.ones_like(seeds)
        flat[f"nodes/{READOUT}/#size"] = ones
        flat[f"edges/{READOUT_EDGES}/#size"] = ones
        flat[f"edges/{READOUT_EDGES}/#source"] = seeds
        flat[f"edges/{READOUT_EDGES}/#target"] = tf.range(count, dtype=tf.int32)
        return self._format.to_graph_tensor(flat)

    def _logits(self, graph: tfgnn.GraphTensor) -> tuple[tf.Tensor, tf.Tensor]:
        state = self._network.initial(graph, training=False)
        for update in self._network.updates:
            state = update(state, training=False)
        embedding = self._seed_state(state)
        return self._head(embedding), embedding

    def _seed_state(self, graph: tfgnn.GraphTensor) -> tf.Tensor:
        seeds = graph.edge_sets[READOUT_EDGES].adjacency.source
        return tf.gather(graph.node_sets[self._format.spec.seed_node_set][tfgnn.HIDDEN_STATE], seeds)


def _concrete(run: Any, specs: Mapping[str, tf.TensorSpec], extra: Mapping[str, Any] | None = None) -> Any:
    arguments = {
        argument_name(piece): tf.TensorSpec(spec.shape, spec.dtype, name=argument_name(piece))
        for piece, spec in specs.items()
    }
    for name, spec in (extra or {}).items():
        arguments[name] = tf.TensorSpec(spec.shape, spec.dtype, name=name)
    return tf.function(run).get_concrete_function(**arguments)


def _head(model: Any) -> Any:
    """The layer from the seed's state to logits, which the Runner's task made."""
    names = [layer.name for layer in model.layers if isinstance(layer, tf.keras.layers.Dense)]
    if len(names) != 1:
        raise RuntimeError(f"expected one dense head ({CLASSIFICATION}), found {names}")
    return model.get_layer(names[0])
