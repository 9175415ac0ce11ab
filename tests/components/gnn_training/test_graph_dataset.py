"""Batches for the Runner."""

from __future__ import annotations

import numpy as np

from components.gnn_training.graph_dataset import GraphDataset
from components.graph_sampling.features import LABEL, FeatureJoin
from components.graph_sampling.graph_tensor import READOUT, GraphTensorFormat
from components.graph_sampling.subgraph_source import DrawnSource
from components.tfgnn import tf

Sources = dict[str, DrawnSource]


def labels(
    fmt: GraphTensorFormat, source: DrawnSource, seed: int | None, pipelines: int = 1
) -> list[list[int]]:
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets)
    result = []
    for number in range(pipelines):
        context = tf.distribute.InputContext(pipelines, number, pipelines)
        batches = (
            GraphDataset(source, fmt, join, 16, seed).get_dataset(context).batch(16, drop_remainder=False)
        )
        result.append(
            [int(v) for graph in batches for v in graph.node_sets[READOUT][LABEL].flat_values.numpy()]
        )
    return result


def test_every_seed_once_in_order(fmt: GraphTensorFormat, sources: Sources) -> None:
    expected = fmt.graph.task.labels[sources["valid"].seeds]
    assert labels(fmt, sources["valid"], None)[0] == expected.tolist()


def test_shuffled_holds_the_same(fmt: GraphTensorFormat, sources: Sources) -> None:
    plain, shuffled = labels(fmt, sources["valid"], None)[0], labels(fmt, sources["valid"], 1)[0]
    assert plain != shuffled
    assert sorted(plain) == sorted(shuffled)


def test_input_pipelines_share_the_seeds(fmt: GraphTensorFormat, sources: Sources) -> None:
    parts = labels(fmt, sources["valid"], 5, pipelines=2)
    assert sorted(parts[0] + parts[1]) == sorted(fmt.graph.task.labels[sources["valid"].seeds].tolist())


def test_another_order_every_epoch(fmt: GraphTensorFormat, sources: Sources) -> None:
    dataset = GraphDataset(sources["valid"], fmt, FeatureJoin(fmt.graph, fmt.spec.node_sets), 60, 0)
    batches = dataset.get_dataset(tf.distribute.InputContext()).batch(60)
    first, second = (next(iter(batches)).node_sets[READOUT][LABEL].flat_values.numpy() for _ in range(2))
    assert not np.array_equal(first, second)
