"""Running a saved graph network on sampled subgraphs, without Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from components import tracking
from components.graph_ingest.tables import Graph
from components.graph_sampling.argument_names import Arrays, batch_arguments
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.subgraphs import Subgraphs
from components.model_folder import ModelFolder
from components.tfgnn import tf
from noria.errors import ConfigError, DataError

_BATCH = 256

Transform = Callable[[Subgraphs], Subgraphs]


class NetworkScorer:
    """A TrainedModel of gnn_training together with the graph that it is applied to.

    Args:
        folder: The model.
        graph: The graph; its features must be those that the model was trained with.

    Raises:
        DataError: The model wants other classes, sets or features than the graph has.
    """

    def __init__(self, folder: ModelFolder, graph: Graph) -> None:
        facts = folder.card.facts
        if folder.card.classes != graph.task.classes:
            raise DataError(f"{folder.path} predicts other classes than the graph has")
        plan = SamplingPlan.model_validate(facts["sampling_plan"])
        try:
            self.spec = resolve(plan, graph)
        except ConfigError as error:
            raise DataError(f"{folder.path} cannot be applied to this graph: {error.message}") from error
        self._format = GraphTensorFormat(graph, self.spec, bool(facts["known_labels"]))
        self._join = FeatureJoin(graph, self.spec.node_sets, known_labels=bool(facts["known_labels"]))
        self._sampler = Sampler(graph, self.spec, plan.seed)
        self._loaded = tf.saved_model.load(str(folder.saved_model))
        self._check_inputs(folder)

    def sample(self, nodes: npt.NDArray[np.integer[Any]]) -> Iterator[Subgraphs]:
        """Subgraphs around ``nodes`` in batches, drawn as for the test split."""
        for start in range(0, len(nodes), _BATCH):
            yield self._sampler.sample(nodes[start : start + _BATCH])

    def logits(
        self,
        nodes: npt.NDArray[np.integer[Any]],
        transform: Transform | None = None,
        unit: str = "nodes scored",
    ) -> npt.NDArray[np.float32]:
        """[nodes, classes] for seed nodes.

        Args:
            nodes: [n] node numbers.
            transform: Changes every batch of subgraphs before it is scored.
            unit: What progress is called.
        """
        results = []
        for batch in self.sample(nodes):
            changed = transform(batch) if transform else batch
            results.append(self.call("batch", self.arguments(changed))["logits"])
            tracking.progress(sum(map(len, results)), len(nodes), unit)
        return np.concatenate(results)

    def arguments(self, batch: Subgraphs) -> Arrays:
        """A batch as arguments of the model's signatures."""
        return batch_arguments(self._format.pieces(batch, self._join))

    def call(self, signature: str, arguments: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Runs one signature on arrays."""
        tensors = {name: tf.constant(array) for name, array in arguments.items()}
        return {name: t.numpy() for name, t in self._loaded.signatures[signature](**tensors).items()}

    def _check_inputs(self, folder: ModelFolder) -> None:
        wanted = self._loaded.signatures["batch"].structured_input_signature[1]
        given = self.arguments(next(self.sample(self._format.graph.task.nodes("test")[:1])))
        problems = sorted(wanted.keys() ^ given.keys())
        problems += [
            name
            for name in wanted.keys() & given.keys()
            if wanted[name].dtype.as_numpy_dtype != given[name].dtype
            or tuple(wanted[name].shape[1:]) != given[name].shape[1:]
        ]
        if problems:
            raise DataError(
                f"{folder.path} was trained on other inputs than this graph gives: {', '.join(problems)}"
            )
