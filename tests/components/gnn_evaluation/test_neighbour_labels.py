"""Labels around a node, checked by hand and against a slow, plain count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.gnn_evaluation.neighbour_labels import label_distributions
from components.gnn_evaluation.relations import relations, row_normalised
from components.graph_ingest.tables import Graph
from tests.components.gnn_evaluation.small_graphs import paper_graph

TRAIN, TEST = 0, 2


def around(graph: Graph, relation: str) -> np.ndarray:
    return label_distributions(graph, np.arange(len(graph.task.labels)))[relation]


def test_neighbours_are_counted_in_both_directions() -> None:
    graph = paper_graph([0, 1, 1, 2], [TRAIN, TRAIN, TRAIN, TEST], cites=[(3, 0), (3, 1), (3, 2), (1, 3)])
    np.testing.assert_allclose(around(graph, "cites")[3], [1 / 3, 2 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(around(graph, "rev_cites")[3], [0, 1, 0])
    np.testing.assert_allclose(around(graph, "cites")[0], [0, 0, 0])


def test_labels_of_other_splits_and_missing_labels_are_not_known() -> None:
    graph = paper_graph([0, 1, -1, 2], [TEST, 1, TRAIN, TEST], cites=[(3, 0), (3, 1), (3, 2)])
    assert not around(graph, "cites").any()


def test_siblings_are_not_seen() -> None:
    graph = paper_graph(
        [0, 1, 1], [TRAIN] * 3, group=[7, 7, 8], cites=[(0, 1), (0, 2)], writes=[(0, 0), (0, 1)]
    )
    np.testing.assert_allclose(around(graph, "cites")[0], [0, 1, 0])
    assert not around(graph, "rev_writes").any()


def test_what_is_shared_gives_the_mean_over_the_shared_nodes() -> None:
    # Paper 0 shares author 0 with papers 1, 2 (labels 0, 1) and author 1 with paper 3 (label 1).
    writes = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 3)]
    graph = paper_graph([2, 0, 1, 1], [TEST, TRAIN, TRAIN, TRAIN], writes=writes)
    np.testing.assert_allclose(around(graph, "rev_writes")[0], [0.25, 0.75, 0], rtol=1e-6)
    np.testing.assert_allclose(around(graph, "rev_writes")[1], [0, 1, 0], rtol=1e-6)


def test_only_the_wanted_rows_in_their_order() -> None:
    graph = paper_graph([0, 1, 2], [TRAIN] * 3, cites=[(0, 1), (1, 2)], writes=[(0, 0), (0, 1)])
    rows = np.array([1, 0])
    for relation, values in label_distributions(graph, rows).items():
        np.testing.assert_array_equal(values, around(graph, relation)[rows])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    papers, authors = draw(st.integers(2, 12)), 3
    node = st.integers(0, papers - 1)
    many = {"min_size": papers, "max_size": papers}
    return paper_graph(
        draw(st.lists(st.integers(-1, 2), **many)),
        draw(st.lists(st.integers(-1, 2), **many)),
        draw(st.lists(st.integers(0, 4), **many)),
        draw(st.lists(st.tuples(node, node), max_size=30)),
        draw(st.lists(st.tuples(st.integers(0, authors - 1), node), max_size=30)),
        authors,
    )


@settings(deadline=None)
@given(graphs())
def test_the_same_as_counting_plainly(graph: Graph) -> None:
    task = graph.task
    known = [int(label) if s == TRAIN else -1 for label, s in zip(task.labels, task.split, strict=True)]

    def distribution(papers: list[int], own: int) -> np.ndarray:
        counts = np.zeros(3)
        for paper in papers:
            if known[paper] >= 0 and task.group[paper] != task.group[own]:
                counts[known[paper]] += 1
        return counts / max(counts.sum(), 1)

    cites, writes = graph.edge_sets["cites"], graph.edge_sets["writes"]
    found = label_distributions(graph, np.arange(len(task.labels)))
    for paper in range(len(task.labels)):
        plain = distribution(cites.out.row(paper).tolist(), paper)
        np.testing.assert_allclose(found["cites"][paper], plain, atol=1e-5)
        shared = np.zeros(3)
        for author in writes.into.row(paper):
            shared += distribution(writes.out.row(author).tolist(), paper)
        np.testing.assert_allclose(found["rev_writes"][paper], shared / max(shared.sum(), 1e-9), atol=1e-5)


def test_relations_name_both_directions() -> None:
    graph = paper_graph([0, 1], [0, 0], cites=[(0, 1), (0, 1)], writes=[(2, 1)])
    found = {relation.name: relation for relation in relations(graph)}
    assert {name: relation.node_set for name, relation in found.items()} == {
        "cites": "paper",
        "rev_cites": "paper",
        "rev_writes": "author",
    }
    assert found["cites"].matrix[0, 1] == 2
    assert found["rev_cites"].matrix[1, 0] == 2
    assert found["rev_writes"].matrix.toarray().tolist() == [[0, 0, 0], [0, 0, 1]]
    assert row_normalised(found["cites"].matrix).toarray().tolist() == [[0, 1], [0, 0]]


def test_a_graph_on_disk_with_parallel_edges_is_left_alone(tmp_path: Path) -> None:
    graph = paper_graph([0, 1, 2], [0, 0, 0], cites=[(0, 2), (0, 1), (0, 1)])
    graph.save(tmp_path)
    loaded = Graph.load(tmp_path)
    np.testing.assert_allclose(around(loaded, "cites")[0], [0, 2 / 3, 1 / 3], rtol=1e-6)
    np.testing.assert_array_equal(loaded.edge_sets["cites"].out.indices, [1, 1, 2])
    label_distributions(graph, np.arange(3))
    np.testing.assert_array_equal(graph.edge_sets["cites"].out.indices, [1, 1, 2])
