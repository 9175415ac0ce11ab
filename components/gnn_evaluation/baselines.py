"""What simple models reach on the same split; a graph network has to beat the best of them.

majority          the most frequent training class
own_features      softmax regression on the node's own features (numbers, and bags of word ids)
neighbour_labels  softmax regression on the training labels around the node (see neighbour_labels)
linear            softmax regression on both, and on the means of the neighbours' features
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import threadpool_limits

from components.classification.scores import accuracy, macro_f1
from components.classification.softmax_regression import Inputs, Labelled, fit
from components.gnn_evaluation.neighbour_labels import label_distributions
from components.gnn_evaluation.node_features import dense_features, neighbour_means, word_features
from components.graph_ingest.tables import SPLITS, Graph
from noria.errors import DataError

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer[Any]]

# A word that fewer training nodes have says nothing about others.
_MIN_WORD_COUNT = 3


def evaluate_baselines(
    graph: Graph, seed: int = 0, max_train: int = 100_000, threads: int = 1
) -> dict[str, dict[str, float]]:
    """Fits every baseline on the training nodes, chooses on valid, reports on test.

    Args:
        graph: The graph with its task; nodes without a label are left out.
        seed: Order of mini-batches, and which training nodes are taken when there are too many.
        max_train: Training nodes to fit on at most; labels around a node are taken from all of them.
        threads: Threads for matrix products.

    Returns:
        Baseline to ``test_accuracy``, ``test_macro_f1`` and ``valid_accuracy``.

    Raises:
        DataError: A split has no labelled node.
    """
    rows = _labelled_nodes(graph, seed, max_train)
    nodes = np.concatenate([rows[split] for split in SPLITS])
    labels = np.asarray(graph.task.labels)[nodes].astype(np.int64)
    ends = np.cumsum([len(rows[split]) for split in SPLITS])
    parts = {split: slice(end - len(rows[split]), end) for split, end in zip(SPLITS, ends, strict=True)}
    with threadpool_limits(threads):
        own = dense_features(graph, graph.task.node_set)[nodes]
        words = _frequent(word_features(graph, graph.task.node_set)[nodes], parts["train"])
        around = np.concatenate(list(label_distributions(graph, nodes).values()), axis=1)
        none = sparse.csr_matrix((len(nodes), 0), dtype=np.float32)
        everything = np.concatenate([own, around, neighbour_means(graph, nodes)], axis=1)
        classes = len(graph.task.classes)
        return {
            "majority": _scores(_majority(labels, parts["train"]), labels, parts),
            "own_features": _fitted(own, words, labels, parts, classes, seed),
            "neighbour_labels": _fitted(around, none, labels, parts, classes, seed),
            "linear": _fitted(everything, words, labels, parts, classes, seed),
        }


def _labelled_nodes(graph: Graph, seed: int, max_train: int) -> dict[str, IntArray]:
    labels = np.asarray(graph.task.labels)
    rows = {split: graph.task.nodes(split) for split in SPLITS}
    rows = {split: nodes[labels[nodes] >= 0] for split, nodes in rows.items()}
    if empty := [split for split, nodes in rows.items() if not len(nodes)]:
        raise DataError(f"baselines need labelled nodes in every split; there is none in {', '.join(empty)}")
    if len(rows["train"]) > max_train:
        chosen = np.random.default_rng(seed).choice(rows["train"], max_train, replace=False)
        rows["train"] = np.sort(chosen)
    return rows


def _frequent(words: Any, train: slice) -> Any:
    counts = np.bincount(words[train].indices, minlength=words.shape[1])
    return words[:, np.flatnonzero(counts >= _MIN_WORD_COUNT)]


def _majority(labels: IntArray, train: slice) -> IntArray:
    return np.full_like(labels, np.argmax(np.bincount(labels[train])))


def _fitted(
    dense: FloatArray, words: Any, labels: IntArray, parts: Mapping[str, slice], classes: int, seed: int
) -> dict[str, float]:
    mean = dense[parts["train"]].mean(axis=0)
    deviation = dense[parts["train"]].std(axis=0)
    scaled = (dense - mean) / np.where(deviation > 1e-6, deviation, np.inf)
    inputs = Inputs(scaled.astype(np.float32), words)
    train, valid = (Labelled(inputs.rows(parts[s]), labels[parts[s]]) for s in ("train", "valid"))
    model, _ = fit(train, valid, classes, seed)
    return _scores(model.predict(inputs), labels, parts)


def _scores(predictions: IntArray, labels: IntArray, parts: Mapping[str, slice]) -> dict[str, float]:
    valid, test = parts["valid"], parts["test"]
    return {
        "test_accuracy": accuracy(labels[test], predictions[test]),
        "test_macro_f1": macro_f1(labels[test], predictions[test]),
        "valid_accuracy": accuracy(labels[valid], predictions[valid]),
    }
