"""Tests of components/graph_ingest/sources/ogb.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.sources.ogb import ogb_graph
from noria.errors import DataError

Write = Callable[[Path, str], None]


def test_reads_one_kind_of_node(arxiv_folder: Path) -> None:
    graph = ogb_graph(arxiv_folder)
    assert {name: nodes.size for name, nodes in graph.node_sets.items()} == {"node": 6}
    features = graph.node_sets["node"].features
    assert list(features) == ["feat"]
    np.testing.assert_array_equal(features["feat"][3], np.array([3, 1.5], np.float32))
    assert graph.edge_sets["edge"].out.row(0).tolist() == [1, 2]
    assert graph.edge_sets["edge"].into.row(0).tolist() == [5]
    assert graph.labels.to_pylist() == [0, 1, 0, 1, 0, 1]
    assert graph.split is not None
    assert graph.split.tolist() == [0, 0, 1, 1, 2, 2]


def test_reads_several_kinds_of_nodes(mag_folder: Path) -> None:
    graph = ogb_graph(mag_folder)
    sizes = {name: nodes.size for name, nodes in graph.node_sets.items()}
    assert sizes == {"author": 2, "institution": 1, "paper": 4}
    assert [name for name, nodes in graph.node_sets.items() if nodes.features] == ["paper"]
    ends = {name: (e.source, e.target, e.size) for name, e in graph.edge_sets.items()}
    assert ends == {
        "affiliated_with": ("author", "institution", 1),
        "writes": ("author", "paper", 2),
        "cites": ("paper", "paper", 2),
    }
    assert graph.edge_sets["writes"].into.row(3).tolist() == [1]
    assert graph.node_set == "paper"
    assert graph.labels.to_pylist() == [7, 9, 7, 9]
    assert graph.split is not None
    assert graph.split.tolist() == [0, 0, 1, 2]


def test_relations_of_one_name_are_told_apart(mag_folder: Path, write_gz: Write) -> None:
    write_gz(mag_folder / "raw/triplet-type-list.csv.gz", "author,cites,paper\npaper,cites,paper\n")
    write_gz(mag_folder / "raw/relations/author___cites___paper/edge.csv.gz", "0,2\n")
    assert sorted(ogb_graph(mag_folder).edge_sets) == ["author_cites_paper", "paper_cites_paper"]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "raw/edge.csv.gz",
            "0,1\n0,6\n-1,2\n",
            r"raw/edge\.csv\.gz: 1 entries name a node .* \(there are 6\): -1",
        ),
        ("raw/edge.csv.gz", "0,1,2\n", "has 3 columns, expected 2"),
        ("raw/node-feat.csv.gz", "1,2\n", "has 1 rows, expected one per node: 6"),
        (
            "raw/node-feat.csv.gz",
            "1\n2\nnan\n4\n5\n6\n",
            r"node-feat\.csv\.gz: 1 node has a value missing or NaN: 2",
        ),
        ("raw/node-label.csv.gz", "1\n", "has 1 rows, expected one per node: 6"),
        ("raw/num-node-list.csv.gz", "3\n3\n", "describes 2 graphs"),
        ("split/time/test.csv.gz", "6\n", r"test\.csv\.gz: 1 entries name a node that does not exist"),
        ("split/time/test.csv.gz", "5\n1\n", r"test\.csv\.gz: 1 nodes are in an earlier split too: 1"),
        ("split/random/test.csv.gz", "5\n", r"expected one split, found \['random', 'time'\]"),
    ],
)
def test_bad_files_are_refused_by_name(
    arxiv_folder: Path, write_gz: Write, file: str, text: str, message: str
) -> None:
    write_gz(arxiv_folder / file, text)
    with pytest.raises(DataError, match=message):
        ogb_graph(arxiv_folder)


@pytest.mark.parametrize("file", ["raw/edge.csv.gz", "raw/node-label.csv.gz", "split/time/valid.csv.gz"])
def test_missing_files_are_refused_by_name(arxiv_folder: Path, file: str) -> None:
    (arxiv_folder / file).unlink()
    with pytest.raises(DataError, match=f"{file} does not exist"):
        ogb_graph(arxiv_folder)


def test_another_folder_is_no_ogb_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no folder raw/"):
        ogb_graph(tmp_path)


def test_unknown_kind_of_node_is_refused(mag_folder: Path, write_gz: Write) -> None:
    write_gz(mag_folder / "raw/triplet-type-list.csv.gz", "author,writes,book\n")
    with pytest.raises(DataError, match="no kind of node 'book'; known: author, institution, paper"):
        ogb_graph(mag_folder)
