"""Which node sets take part in which round."""

from __future__ import annotations

from components.gnn_training.config import ModelConfig
from components.gnn_training.network import Network
from components.graph_sampling.graph_tensor import GraphTensorFormat


def test_only_what_can_still_reach_the_seed_gets_a_state(fmt: GraphTensorFormat) -> None:
    receivers = Network(fmt, ModelConfig(units=4, message_dim=4, layers=3))._receivers()
    assert receivers == [["author", "paper"], ["author", "paper"], ["paper"]]
