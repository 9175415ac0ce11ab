"""Rounds of message passing out of TF-GNN's model collection, by name.

Samples hold edges that point away from the seed node, so every model pools at the source of an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from components.gnn_training.config import ModelConfig, ModelName
from components.tfgnn import (
    gat_v2,
    gcn,
    graph_sage,
    hgt,
    mt_albis,
    multi_head_attention,
    tf,
    tfgnn,
    vanilla_mpnn,
)

# A Keras layer; TensorFlow ships no types.
Layer = Any


@dataclass(frozen=True)
class Round:
    """One round of message passing.

    Attributes:
        number: Counts the rounds from 0: layer names must differ between rounds.
        node_sets: The node sets that get a new state.
        within_one_set: The edge sets whose two ends lie in the same node set.
    """

    number: int
    node_sets: Collection[str]
    within_one_set: Collection[str]


def graph_update(config: ModelConfig, scope: Round) -> Layer:
    """The layer that does one round with the model that ``config`` names."""
    return _UPDATES[config.name](config, scope)


def _mt_albis(config: ModelConfig, scope: Round) -> Layer:
    return mt_albis.MtAlbisGraphUpdate(
        units=config.units,
        message_dim=config.message_dim,
        receiver_tag=tfgnn.SOURCE,
        node_set_names=scope.node_sets,
        attention_type=config.attention,
        attention_num_heads=config.heads,
        state_dropout_rate=config.dropout,
        edge_dropout_rate=config.edge_dropout,
        l2_regularization=config.l2,
        next_state_type="residual",
    )


def _vanilla_mpnn(config: ModelConfig, scope: Round) -> Layer:
    return vanilla_mpnn.VanillaMPNNGraphUpdate(
        units=config.units,
        message_dim=config.message_dim,
        receiver_tag=tfgnn.SOURCE,
        node_set_names=scope.node_sets,
        l2_regularization=config.l2,
        dropout_rate=config.dropout,
        reduce_type="mean",
        use_layer_normalization=True,
    )


def _attention(update: Callable[..., Layer]) -> Callable[[ModelConfig, Round], Layer]:
    """The collection's two MPNNs whose messages are weighted by attention take the same arguments."""

    def make(config: ModelConfig, scope: Round) -> Layer:
        return update(
            units=config.units,
            message_dim=config.message_dim,
            num_heads=config.heads,
            receiver_tag=tfgnn.SOURCE,
            node_set_names=scope.node_sets,
            l2_regularization=config.l2,
            edge_dropout_rate=config.edge_dropout,
            state_dropout_rate=config.dropout,
        )

    return make


def _hgt(config: ModelConfig, scope: Round) -> Layer:
    # It knows no choice of node sets: every set with edges gets a new state.
    return hgt.HGTGraphUpdate(
        num_heads=config.heads,
        per_head_channels=config.units // config.heads,
        receiver_tag=tfgnn.SOURCE,
        dropout_rate=config.dropout,
        name=f"hgt_{scope.number}",
    )


def _graph_sage(config: ModelConfig, scope: Round) -> Layer:
    return graph_sage.GraphSAGEGraphUpdate(
        units=config.units,
        hidden_units=config.message_dim,
        receiver_tag=tfgnn.SOURCE,
        node_set_names=scope.node_sets,
        dropout_rate=config.dropout,
        name=f"graph_sage_{scope.number}",
    )


def _gcn(config: ModelConfig, scope: Round) -> Layer:
    # The collection's GCN is for edges within one node set (it normalises by the degrees of both ends);
    # edges between two sets are pooled by a plain mean.
    def convolution(edge_set_name: str, *, receiver_tag: int) -> Layer:
        if edge_set_name in scope.within_one_set:
            return gcn.GCNConv(
                config.message_dim,
                receiver_tag=receiver_tag,
                degree_normalization="in_in",
                kernel_regularizer=tf.keras.regularizers.l2(config.l2),
            )
        message = tf.keras.layers.Dense(config.message_dim, "relu")
        return tfgnn.keras.layers.SimpleConv(message, "mean", receiver_tag=receiver_tag)

    def next_state(node_set_name: str) -> Layer:
        del node_set_name
        net = [
            tf.keras.layers.Dense(config.units, "relu"),
            tf.keras.layers.Dropout(config.dropout),
            tf.keras.layers.LayerNormalization(),
        ]
        return tfgnn.keras.layers.NextStateFromConcat(tf.keras.Sequential(net))

    builder = tfgnn.keras.ConvGNNBuilder(convolution, next_state, receiver_tag=tfgnn.SOURCE)
    return builder.Convolve(scope.node_sets)


_UPDATES: dict[ModelName, Callable[[ModelConfig, Round], Layer]] = {
    "mt_albis": _mt_albis,
    "vanilla_mpnn": _vanilla_mpnn,
    "gat_v2": _attention(gat_v2.GATv2MPNNGraphUpdate),
    "multi_head_attention": _attention(multi_head_attention.MultiHeadAttentionMPNNGraphUpdate),
    "hgt": _hgt,
    "graph_sage": _graph_sage,
    "gcn": _gcn,
}
