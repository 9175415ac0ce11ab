"""What features are embedded as."""

from __future__ import annotations

import dataclasses

import numpy as np

from components.gnn_training.config import ModelConfig
from components.gnn_training.initial_state import Bag, InitialState, Linear, _moments
from components.graph_ingest.tables import Graph
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.subgraph_source import DrawnSource
from components.tfgnn import tf, tfgnn


def test_bag_leaves_zeros_out() -> None:
    bag = Bag(10, 4, 3, name="bag")
    rows = bag(tf.constant([[1, 2, 0, 0], [2, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 2]])).numpy()
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-5)
    np.testing.assert_array_equal(rows[2], np.zeros(4))
    assert not np.allclose(rows[0], rows[3])


def test_single_integers_are_a_bag_of_one() -> None:
    bag = Bag(10, 4, None, name="bag")
    rows = bag(tf.constant([0, 3])).numpy()
    np.testing.assert_array_equal(rows[0], np.zeros(4))
    assert np.abs(rows[1]).sum() > 0


def test_linear_is_zero_at_the_mean() -> None:
    layer = Linear(4, np.array([1.0, 2.0]), np.array([1.0, 0.5]), 2, name="linear")
    np.testing.assert_allclose(layer(tf.constant([[1.0, 2.0]])).numpy(), np.zeros((1, 4)), atol=1e-7)


def test_moments_do_not_see_test_nodes(graph: Graph) -> None:
    text = np.array(graph.node_sets["paper"].features["text"])
    changed = text.copy()
    changed[graph.task.nodes("test")] = 1e6
    for before, after in zip(_moments(graph, "paper", text), _moments(graph, "paper", changed), strict=True):
        np.testing.assert_array_equal(before, after)


def test_constant_columns_do_not_divide_by_zero(graph: Graph) -> None:
    _, scale = _moments(graph, "paper", np.ones((400, 2), np.float32))
    np.testing.assert_array_equal(scale, [0, 0])


def test_states_of_every_set(fmt: GraphTensorFormat, sources: dict[str, DrawnSource]) -> None:
    flat = fmt.pieces(sources["test"].batch(np.arange(5), 0), FeatureJoin(fmt.graph, fmt.spec.node_sets))
    graph = fmt.to_graph_tensor({k: tf.constant(v) for k, v in flat.items()})
    for embed in ([], ["author"]):
        layer = InitialState(fmt, ModelConfig(units=6, embed=embed))
        state = layer(graph)
        for name in fmt.spec.node_sets:
            hidden = state.node_sets[name][tfgnn.HIDDEN_STATE]
            assert hidden.shape == (len(flat[f"nodes/{name}/{fmt_feature(fmt, name)}"]), 6)


def fmt_feature(fmt: GraphTensorFormat, name: str) -> str:
    return next(iter(fmt.feature_specs(name)))


def test_known_labels_can_be_left_out(fmt: GraphTensorFormat) -> None:
    assert "known_label" in fmt.feature_specs("paper")
    assert "known_label" not in dataclasses.replace(fmt, known_labels=False).feature_specs("paper")
