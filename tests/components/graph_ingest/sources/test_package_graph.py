"""Tests of components/graph_ingest/sources/package_graph.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.config import TextFeature
from components.graph_ingest.sources.package_graph import package_graph
from components.graph_ingest.sources.package_tables import PackageTables
from noria.errors import ConfigError, DataError

SLICE = Path(__file__).parents[3] / "data" / "debian-slice"


@pytest.fixture(scope="module")
def tables() -> PackageTables:
    return PackageTables.load(SLICE)


def test_features_edges_and_groups(tables: PackageTables) -> None:
    settings = TextFeature(method="hashing", dimension=16, words=5)
    graph = package_graph(tables, {"package": {"text": settings}}, "slice")
    count = tables.counts()["packages"]
    features = graph.node_sets["package"].features
    assert {name: values.shape for name, values in features.items()} == {
        "text": (count, 16),
        "words": (count, 5),
        "facts": (count, 9),
    }
    assert all(np.isfinite(values).all() for values in features.values())
    assert [name for name, nodes in graph.node_sets.items() if nodes.features] == ["package"]
    assert {n: (e.source, e.target) for n, e in graph.edge_sets.items()} == {
        "depends": ("package", "package"),
        "recommends": ("package", "package"),
        "suggests": ("package", "package"),
        "from_source": ("package", "source"),
        "maintained_by": ("package", "maintainer"),
        "has_tag": ("package", "tag"),
    }
    np.testing.assert_array_equal(graph.edge_sets["from_source"].out.indices, tables.source)
    np.testing.assert_array_equal(graph.group, tables.source)


@pytest.mark.parametrize("number", [99_999, -1])
def test_an_edge_to_no_package_is_refused_by_name(tables: PackageTables, number: int) -> None:
    tails, heads = (ends.copy() for ends in tables.edges["suggests"])
    heads[3] = number
    broken = replace(tables, edges={**tables.edges, "suggests": (tails, heads)})
    with pytest.raises(DataError, match=rf"slice: edge set suggests: 1 edges end at a package .*: {number}"):
        package_graph(broken, {}, "slice")


def test_another_text_feature_is_refused(tables: PackageTables) -> None:
    with pytest.raises(ConfigError, match=r"text\.package\.name: a package graph has one text feature"):
        package_graph(tables, {"package": {"name": TextFeature()}}, "slice")
