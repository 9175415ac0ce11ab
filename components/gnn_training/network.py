"""The network around TF-GNN's collection: initial states, rounds of message passing, head."""

from __future__ import annotations

from dataclasses import dataclass

from components.gnn_training.config import ModelConfig
from components.gnn_training.graph_updates import Round, graph_update
from components.gnn_training.initial_state import InitialState
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.tfgnn import tf, tfgnn


@dataclass
class Network:
    """The layers of the base network, kept by name so that attribution can run them one by one.

    The Runner may build the model more than once (once per task of a multi-task run it does not: the
    base is shared); ``model`` reuses the layers, so every build has the same weights.
    """

    fmt: GraphTensorFormat
    config: ModelConfig

    def __post_init__(self) -> None:
        """Makes the layers."""
        self.initial = InitialState(self.fmt, self.config)
        inner = {n for n, (source, target) in self.fmt.endpoints().items() if source == target}
        self.updates = [
            graph_update(self.config, Round(number, receivers, inner))
            for number, receivers in enumerate(self._receivers())
        ]

    def model(self, spec: tfgnn.GraphTensorSpec) -> tf.keras.Model:
        """The base network as the Runner's ``model_fn`` wants it: GraphTensor in, hidden states out."""
        inputs = tf.keras.Input(type_spec=spec)
        graph = self.initial(inputs)
        for update in self.updates:
            graph = update(graph)
        return tf.keras.Model(inputs, graph)

    def _receivers(self) -> list[list[str]]:
        """Which node sets get a new state per round.

        Messages flow towards the seed, so a set matters in a round only if it can still reach the seed's
        set in the rounds that follow.
        """
        seed_set = self.fmt.spec.seed_node_set
        needed = {seed_set}
        rounds: list[list[str]] = []
        edges = self.fmt.spec.edge_sets.values()
        has_edges = {e.source for e in edges}
        for _ in range(self.config.layers):
            rounds.append(sorted(needed & has_edges))
            needed = needed | {e.target for e in edges if e.source in needed}
        return rounds[::-1]
