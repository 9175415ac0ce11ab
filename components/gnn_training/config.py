"""Configuration of gnn_training."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from noria.typed_config import TypedConfig

ModelName = Literal["mt_albis", "gat_v2", "gcn", "graph_sage", "hgt", "multi_head_attention", "vanilla_mpnn"]


class ModelConfig(TypedConfig):
    """The network: which member of TF-GNN's collection, and how large."""

    name: ModelName = Field("mt_albis", description="Member of TF-GNN's model collection.")
    units: int = Field(64, gt=0, description="Size of every node state.")
    message_dim: int = Field(64, gt=0, description="Size of every message, where the model has messages.")
    layers: int = Field(2, gt=0, description="Rounds of message passing; as many as sampling has hops.")
    attention: Literal["none", "multi_head", "gat_v2"] = Field(
        "none", description="mt_albis: how messages are weighted."
    )
    heads: int = Field(4, gt=0, description="Attention heads, where the model has them.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Dropout of node states.")
    edge_dropout: float = Field(0.0, ge=0, lt=1, description="Share of messages dropped, where supported.")
    l2: float = Field(0.0, ge=0, description="L2 regularisation of the collection's weights.")
    word_dim: int = Field(64, gt=0, description="Size of learned embeddings of integer features.")
    embed: list[str] = Field(
        default_factory=list,
        description="Node sets without features whose every node gets a learned embedding; "
        "nodes of other such sets share one vector.",
    )
    known_labels: bool = Field(
        True,
        description="Give the model the training labels of neighbours (never of the seed or its group).",
    )


class InfomaxConfig(TypedConfig):
    """Deep Graph Infomax (Velickovic et al., ICLR 2019) as a second task on the same network."""

    weight: float = Field(0.0, ge=0, description="Weight of its loss beside the classification's; 0 = off.")


class OptimizerConfig(TypedConfig):
    """Adam with a linear warm-up and a cosine decay to zero."""

    learning_rate: float = Field(0.003, gt=0, description="Largest learning rate.")
    warmup: float = Field(0.05, ge=0, lt=1, description="Share of all steps in which the rate rises.")


class GnnTrainingConfig(TypedConfig):
    """How the network is trained and what is written."""

    model: ModelConfig = Field(default_factory=ModelConfig, description="The network.")
    optimizer: OptimizerConfig = Field(default_factory=OptimizerConfig, description="The optimiser.")
    infomax: InfomaxConfig = Field(default_factory=InfomaxConfig, description="Optional second task.")
    epochs: int = Field(4, gt=0, description="At most this many passes over the training split.")
    patience: int = Field(2, gt=0, description="Stop after this many epochs without a better validation.")
    batch_size: int = Field(128, gt=0, description="Seed nodes per step, over all replicas.")
    seed: int = Field(0, ge=0, description="Seed of weights, dropout and the order of seed nodes.")
    strategy: Literal["default", "mirrored", "multi_worker_mirrored"] = Field(
        "default", description="tf.distribute strategy; default = one device."
    )
    padding: Literal["none", "fixed"] = Field(
        "none", description="fixed: every batch has the same sizes, as TPUs and XLA want."
    )
    embeddings: bool = Field(True, description="Write the embedding of every labelled node.")
    examples: int = Field(300, gt=0, description="Test samples kept beside the model for parity checks.")
