"""Joined features, and what may be known of labels."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import KNOWN_LABEL, NODE_ID, FeatureJoin
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from tests.components.graph_sampling.graphs import graphs

PLAN = SamplingPlan(hops=[{"cites": 3, "rev_cites": 3, "rev_writes": 2}, {"writes": 3, "cites": 2}])


@settings(max_examples=80, deadline=None)
@given(graph=graphs)
def test_a_label_is_known_only_of_training_nodes_of_other_groups(graph: Graph) -> None:
    spec = resolve(PLAN, graph)
    batch = Sampler(graph, spec, 0).sample(np.arange(graph.node_sets["paper"].size))
    known = FeatureJoin(graph, spec.node_sets).join(batch)["paper"][KNOWN_LABEL]
    task = graph.task
    position = 0
    for seed, size in zip(batch.seeds, batch.nodes["paper"].sizes, strict=True):
        for node in batch.nodes["paper"].nodes[position : position + size]:
            may_be_known = task.split[node] == SPLITS.index("train") and task.group[node] != task.group[seed]
            assert known[position] == (task.labels[node] + 1 if may_be_known else 0)
            position += 1


@settings(max_examples=30, deadline=None)
@given(graph=graphs)
def test_rows_are_the_nodes_own(graph: Graph) -> None:
    spec = resolve(PLAN, graph)
    batch = Sampler(graph, spec, 0).sample(np.arange(graph.node_sets["paper"].size))
    rows = FeatureJoin(graph, spec.node_sets, known_labels=False).join(batch)
    np.testing.assert_array_equal(
        rows["paper"]["year"], graph.node_sets["paper"].features["year"][batch.nodes["paper"].nodes]
    )
    np.testing.assert_array_equal(rows["author"][NODE_ID], batch.nodes["author"].nodes)
    assert set(rows["paper"]) == {"year"}
