"""Which features, and which edge sets, the network's predictions rest on.

Integrated gradients (Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017) of the
predicted class's probability along the straight path from average nodes (what features are embedded as,
averaged over the batch) to the real ones. TF-GNN's own exporter attributes to float features only; here
integer features, learned node embeddings and known labels take part, because the path runs through what
they are embedded as.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components import tracking
from components.gnn_evaluation.scoring import NetworkScorer
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import SampledAdjacency, Subgraphs, starts_of

SEED = "the node itself"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """Mean contributions to the probability of the predicted class.

    Attributes:
        features: (node set, feature, at the seed node or elsewhere) to mean attribution per prediction.
        edge_sets: Edge set by which the seed was left, or SEED, to mean attribution per prediction.
        explained: Mean probability minus the mean probability with every node average.
        completeness_error: Mean absolute difference between that and the sum of attributions.
        nodes: Number of predictions.
    """

    features: Mapping[tuple[str, str, str], float]
    edge_sets: Mapping[str, float]
    explained: float
    completeness_error: float
    nodes: int


def integrated_gradients(
    scorer: NetworkScorer, nodes: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], steps: int
) -> Attribution:
    """Attributes the predictions for ``nodes`` to features and edge sets.

    Args:
        scorer: The network on its graph.
        nodes: [n] seed nodes.
        predicted: [n] the class whose probability is explained.
        steps: Points of the midpoint rule.
    """
    features: dict[tuple[str, str, str], float] = {}
    edge_sets: dict[str, float] = {}
    explained, error, done = 0.0, 0.0, 0
    for batch in scorer.sample(nodes):
        target = predicted[done : done + len(batch)].astype(np.int32)
        per_node, probability, absent = _path(scorer, batch, target, steps)
        routes = first_edge_sets(batch, scorer.spec)
        totals = np.zeros(len(batch))
        for (node_set, feature), values in per_node.items():
            sampled = batch.nodes[node_set]
            owner = np.repeat(np.arange(len(batch)), sampled.sizes)
            totals += np.bincount(owner, values, minlength=len(batch))
            is_seed = routes[node_set][SEED]
            for where, share in (("seed", is_seed), ("around", 1 - is_seed)):
                key = (node_set, feature, where)
                features[key] = features.get(key, 0.0) + float(values @ share)
            for edge_set, share in routes[node_set].items():
                edge_sets[edge_set] = edge_sets.get(edge_set, 0.0) + float(values @ share)
        explained += float((probability - absent).sum())
        error += float(np.abs(probability - absent - totals).sum())
        done += len(batch)
        tracking.progress(done, len(nodes), "nodes attributed")
    return Attribution(
        {key: value / done for key, value in features.items() if value},
        {key: value / done for key, value in edge_sets.items()},
        explained / done,
        error / done,
        done,
    )


def _path(
    scorer: NetworkScorer, batch: Subgraphs, target: npt.NDArray[np.int32], steps: int
) -> tuple[dict[tuple[str, str], Floats], Floats, Floats]:
    arguments = {**scorer.arguments(batch), "target": target}
    sums: dict[tuple[str, str], Floats] = {}
    for step in range(steps):
        alpha = np.float32((step + 0.5) / steps)
        result = scorer.call("attribution", {**arguments, "alpha": np.asarray(alpha)})
        for name, values in result.items():
            if name != "probability":
                node_set, _, feature = name.partition("__")
                key = (node_set, feature)
                sums[key] = sums.get(key, 0.0) + values.astype(np.float64) / steps
    ends = [
        scorer.call("attribution", {**arguments, "alpha": np.asarray(np.float32(alpha))})["probability"]
        for alpha in (1.0, 0.0)
    ]
    return sums, ends[0].astype(np.float64), ends[1].astype(np.float64)


def first_edge_sets(batch: Subgraphs, spec: SamplingSpec) -> dict[str, dict[str, Floats]]:
    """By which edge set of the seed node each sampled node is reached.

    Returns:
        node set to {edge set or SEED: float64 [nodes] share}; a node that is reached over several equally
        short routes belongs to each of them in equal parts, so shares sum to 1.
    """
    names = [SEED, *spec.edge_sets]
    share = {n: np.zeros((len(s.nodes), len(names))) for n, s in batch.nodes.items()}
    reached = {n: np.zeros(len(s.nodes), bool) for n, s in batch.nodes.items()}
    seeds = starts_of(batch.nodes[spec.seed_node_set].sizes)
    share[spec.seed_node_set][seeds, 0] = 1
    reached[spec.seed_node_set][seeds] = True
    for hop in range(1, spec.hops + 1):
        arriving = {n: np.zeros_like(s) for n, s in share.items()}
        for column, (name, edges) in enumerate(batch.edges.items(), start=1):
            ends = spec.edge_sets[name]
            used = reached[ends.source][edges.source] & ~reached[ends.target][edges.target]
            if hop == 1:
                np.add.at(arriving[ends.target][:, column], edges.target[used], 1)
            else:
                np.add.at(arriving[ends.target], edges.target[used], share[ends.source][edges.source[used]])
        for name, new in arriving.items():
            total = new.sum(axis=1, keepdims=True)
            fresh = total[:, 0] > 0
            share[name][fresh] = (new / np.maximum(total, 1e-12))[fresh]
            reached[name] |= fresh
    return {n: {name: s[:, i] for i, name in enumerate(names)} for n, s in share.items()}


def accuracy_without(
    scorer: NetworkScorer, nodes: npt.NDArray[np.int64], labels: npt.NDArray[np.int32]
) -> dict[str, float]:
    """Accuracy on ``nodes`` when each edge set in turn is taken out of the subgraphs; "" = with all."""

    def without(name: str) -> float:
        def cut(batch: Subgraphs) -> Subgraphs:
            none = np.empty(0, np.int32)
            empty = SampledAdjacency(none, none, np.zeros(len(batch), np.int32))
            return Subgraphs(batch.seeds, batch.nodes, {**batch.edges, name: empty} if name else batch.edges)

        logits = scorer.logits(nodes, cut, unit=f"nodes without {name}" if name else "nodes")
        return float((logits.argmax(axis=1) == labels).mean())

    return {name: without(name) for name in ("", *scorer.spec.edge_sets)}
