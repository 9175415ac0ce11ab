"""Baselines on graphs whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from components.gnn_evaluation.baselines import evaluate_baselines
from components.gnn_evaluation.node_features import dense_features, neighbour_means, word_features
from components.graph_ingest.tables import Graph
from noria.errors import DataError
from tests.components.gnn_evaluation.small_graphs import paper_graph

PAPERS, CLASSES = 600, 3


def informative_graph(*, features: bool, neighbours: bool, seed: int = 0) -> Graph:
    """Labels that can be read from the features, from the neighbours, or not at all."""
    random = np.random.default_rng(seed)
    labels = random.choice(CLASSES, PAPERS, p=[0.5, 0.3, 0.2])
    numbers = random.normal(size=(PAPERS, 4)).astype(np.float32)
    if features:
        numbers[:, 0] = labels * 3 + 0.1 * numbers[:, 0]
        numbers[:, 1] = (labels == 1) * 3 + 0.1 * numbers[:, 1]
    cites = []
    for paper in range(PAPERS):
        alike = np.flatnonzero(labels == labels[paper]) if neighbours else np.arange(PAPERS)
        cites += [(paper, int(other)) for other in random.choice(alike, 4)]
    split = np.repeat([0, 1, 2], [400, 100, 100])
    return paper_graph(labels.tolist(), split.tolist(), cites=cites, features={"x": numbers}, classes=CLASSES)


def test_each_baseline_uses_what_it_may() -> None:
    by_features = evaluate_baselines(informative_graph(features=True, neighbours=False))
    assert by_features["own_features"]["test_accuracy"] > 0.95
    assert by_features["linear"]["test_accuracy"] > 0.9
    assert by_features["neighbour_labels"]["test_accuracy"] < 0.7
    by_neighbours = evaluate_baselines(informative_graph(features=False, neighbours=True))
    assert by_neighbours["neighbour_labels"]["test_accuracy"] > 0.95
    assert by_neighbours["linear"]["test_accuracy"] > 0.9
    assert by_neighbours["own_features"]["test_accuracy"] < 0.7


def test_nothing_to_learn_gives_no_more_than_the_majority() -> None:
    scores = evaluate_baselines(informative_graph(features=False, neighbours=False))
    for name, values in scores.items():
        assert values["test_accuracy"] < scores["majority"]["test_accuracy"] + 0.1, name


def test_majority_is_that_of_the_training_split() -> None:
    labels = [1] * 5 + [0] * 4 + [0, 2] + [0, 1, 2, 2]
    split = [0] * 9 + [1] * 2 + [2] * 4
    scores = evaluate_baselines(paper_graph(labels, split))["majority"]
    assert scores["test_accuracy"] == 0.25
    assert scores["valid_accuracy"] == 0.0
    # Class 1 is found with precision 1/4 and recall 1: F1 0.4; the two others 0.
    assert scores["test_macro_f1"] == pytest.approx(0.4 / 3)


def test_a_graph_without_features_or_edges_still_has_baselines() -> None:
    scores = evaluate_baselines(paper_graph([0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2]))
    assert scores.keys() == {"majority", "own_features", "neighbour_labels", "linear"}


def test_the_same_seed_gives_the_same_numbers() -> None:
    graph = informative_graph(features=True, neighbours=True)
    assert evaluate_baselines(graph, max_train=200) == evaluate_baselines(graph, max_train=200)


def test_test_labels_change_nothing_but_the_score() -> None:
    graph = informative_graph(features=True, neighbours=True)
    test = graph.task.nodes("test")
    before = evaluate_baselines(graph)
    graph.task.labels[test] = (graph.task.labels[test] + 1) % CLASSES  # type: ignore[index]
    after = evaluate_baselines(graph)
    for name in before:
        assert before[name]["valid_accuracy"] == after[name]["valid_accuracy"]
    assert after["linear"]["test_accuracy"] < 0.1


def test_an_empty_split_is_refused() -> None:
    with pytest.raises(DataError, match="none in valid"):
        evaluate_baselines(paper_graph([0, 1, -1, 1], [0, 0, 1, 2]))


def test_features_as_matrices() -> None:
    features = {
        "x": np.arange(12, dtype=np.float32).reshape(3, 2, 2),
        "year": np.array([1, 2, 3], np.int32),
        "words": np.array([[4, 4, 0], [1, 2, 3], [0, 0, 0]], np.int32),
    }
    graph = paper_graph(
        [0, 1, 2],
        [0, 1, 2],
        cites=[(0, 1), (0, 2)],
        features=features,
        notes={"vocabularies": {"paper": {"words": 5}}},
    )
    dense = dense_features(graph, "paper")
    assert dense.tolist() == [[0, 1, 2, 3, 1], [4, 5, 6, 7, 2], [8, 9, 10, 11, 3]]
    third = 1 / np.sqrt(3)
    np.testing.assert_allclose(
        word_features(graph, "paper").toarray(),
        [[0, 0, 0, 0, 1], [0, third, third, third, 0], [0] * 5],
        rtol=1e-6,
    )
    means = neighbour_means(graph, np.array([2, 0]))
    np.testing.assert_allclose(means[:, :5], [[0] * 5, dense[1:].mean(axis=0)])
    np.testing.assert_allclose(means[:, 5:], [dense[0], [0] * 5])
