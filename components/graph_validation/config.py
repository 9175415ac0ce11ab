"""Limits that a graph has to keep."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from noria.typed_config import TypedConfig


class GraphLimits(TypedConfig):
    """What holds for any one graph."""

    min_nodes: int = Field(1, ge=0, description="Nodes of every node set.")
    min_edges: int = Field(1, ge=0, description="Edges of every edge set.")
    max_isolated_share: float = Field(
        0.5, ge=0, le=1, description="Share of a node set's nodes that have no edge at all."
    )
    max_missing_share: float = Field(
        0.2, ge=0, le=1, description="Share of a feature's values that the source left empty."
    )
    max_duplicate_edge_share: float = Field(
        0.1, ge=0, le=1, description="Share of an edge set's edges that repeat another."
    )
    min_split_nodes: int = Field(1, ge=1, description="Labelled nodes of each split.")
    min_train_per_class: int = Field(2, ge=0, description="Training nodes of the rarest class.")
    max_sibling_leak_share: float = Field(
        0.0, ge=0, le=1, description="Share of validation or test nodes with a training node in their group."
    )
    max_label_distance: float = Field(
        0.5, ge=0, le=1, description="Total variation between a split's class shares and those of training."
    )


class DriftLimits(TypedConfig):
    """What may change since the last graph from the same source that passed; null switches a check off."""

    max_node_change: float | None = Field(0.2, ge=0, description="Relative change of a node set's size.")
    max_edge_change: float | None = Field(0.3, ge=0, description="Relative change of an edge set's size.")
    max_label_distance: float | None = Field(
        0.1, ge=0, le=1, description="Total variation between the class shares then and now."
    )
    max_feature_shift: float | None = Field(
        0.5, ge=0, description="Change of a feature column's mean, in standard deviations of then."
    )


class GraphValidationConfig(TypedConfig):
    """Configuration of graph_validation."""

    limits: GraphLimits = Field(default_factory=GraphLimits, description="What holds for any one graph.")
    drift: DriftLimits = Field(
        default_factory=DriftLimits, description="What may change since the last graph that passed."
    )
    on_breach: Literal["fail", "warn"] = Field(
        "fail", description="fail: the run ends with the list of breaches; warn: it goes on."
    )
