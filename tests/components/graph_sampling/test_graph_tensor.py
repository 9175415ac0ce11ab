"""Batches as GraphTensors: batched, merged and padded alike."""

from __future__ import annotations

import numpy as np
import pytest

from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import LABEL, FeatureJoin
from components.graph_sampling.graph_tensor import READOUT, GraphTensorFormat
from components.graph_sampling.padding import SizeBudget, budget_for
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.tfgnn import tf, tfgnn
from noria.errors import DataError
from tests.components.graph_sampling.graphs import random_graph

GRAPH = random_graph(5, papers=50, authors=8, cites=300, writes=90, groups=20)
SPEC = resolve(SamplingPlan(hops=[{"cites": 3, "rev_writes": 2}, {"writes": 2, "cites": 2}]), GRAPH)
FORMAT = GraphTensorFormat(GRAPH, SPEC)
JOIN = FeatureJoin(GRAPH, SPEC.node_sets)
BATCH = Sampler(GRAPH, SPEC, 0).sample(np.arange(12))


def tensors(budget: SizeBudget | None = None) -> dict[str, tf.Tensor]:
    return {name: tf.constant(v) for name, v in FORMAT.pieces(BATCH, JOIN, budget).items()}


def test_batched_then_merged_is_the_same_graph() -> None:
    flat = tensors()
    merged = FORMAT.to_batched_graph_tensor(flat).merge_batch_to_components()
    direct = FORMAT.to_graph_tensor(flat)
    for name in (*SPEC.node_sets, READOUT):
        np.testing.assert_array_equal(merged.node_sets[name].sizes, direct.node_sets[name].sizes)
        for feature in FORMAT.feature_specs(name):
            np.testing.assert_array_equal(merged.node_sets[name][feature], direct.node_sets[name][feature])
    for name in FORMAT.endpoints():
        for end in ("source", "target"):
            np.testing.assert_array_equal(
                getattr(merged.edge_sets[name].adjacency, end), getattr(direct.edge_sets[name].adjacency, end)
            )


def test_elements_fit_the_spec_that_the_runner_is_given() -> None:
    spec = tf.data.Dataset.from_tensors(FORMAT.to_batched_graph_tensor(tensors())).unbatch().element_spec
    assert set(spec.node_sets_spec) == set(FORMAT.graph_tensor_spec().node_sets_spec)


def test_the_readout_finds_seed_and_label() -> None:
    graph = FORMAT.to_graph_tensor(tensors())
    tfgnn.validate_graph_tensor_for_readout(graph, required_keys=["seed"])
    np.testing.assert_array_equal(graph.node_sets[READOUT][LABEL], GRAPH.task.labels[BATCH.seeds])
    read = tfgnn.keras.layers.StructuredReadout("seed", feature_name="year")(graph)
    np.testing.assert_array_equal(read, GRAPH.node_sets["paper"].features["year"][BATCH.seeds])


def test_padding_changes_nothing_that_is_real() -> None:
    budget = budget_for([BATCH], 12)
    plain, padded = tensors(), tensors(budget)
    for name, values in plain.items():
        np.testing.assert_array_equal(padded[name][: len(values)], values)
    graph = FORMAT.to_graph_tensor(padded)
    assert graph.num_components == 13
    real = {name: int(tf.reduce_sum(plain[f"nodes/{name}/#size"])) for name in (*SPEC.node_sets, READOUT)}
    for name, (source, target) in FORMAT.endpoints().items():
        adjacency = graph.edge_sets[name].adjacency
        beyond = slice(len(plain[f"edges/{name}/#source"]), None)
        # Padding edges stay among padding nodes.
        assert np.all(adjacency.source[beyond] >= real[source])
        assert np.all(adjacency.target[beyond] >= real[target])
        assert np.all(adjacency.source < graph.node_sets[source].total_size)
        assert np.all(adjacency.target < graph.node_sets[target].total_size)


def test_every_batch_that_fits_has_the_same_shapes() -> None:
    budget = budget_for([BATCH], 12, slack=3)
    other = Sampler(GRAPH, SPEC, 0).sample(np.arange(20, 27))
    shapes = [
        {name: values.shape for name, values in FORMAT.pieces(batch, JOIN, budget).items()}
        for batch in (BATCH, other)
    ]
    assert shapes[0] == shapes[1]


def test_a_batch_beyond_the_budget_is_told() -> None:
    small = budget_for([Sampler(GRAPH, SPEC, 0).sample(np.arange(2))], 12)
    with pytest.raises(DataError, match="padding"):
        FORMAT.pieces(BATCH, JOIN, small)
    few = budget_for([BATCH], 3)
    with pytest.raises(DataError, match="padding"):
        FORMAT.pieces(BATCH, JOIN, few)
