"""Configuration of gnn_evaluation."""

from __future__ import annotations

from pydantic import Field

from noria.typed_config import TypedConfig


class GnnEvaluationConfig(TypedConfig):
    """What is measured beside accuracy."""

    baselines: bool = Field(True, description="Fit the baselines on the same split.")
    registered_model: str = Field(
        "", description="Registered model whose champion is scored on the same test nodes; empty = none."
    )
    attribution_nodes: int = Field(
        512, ge=0, description="Test nodes that integrated gradients are taken of."
    )
    attribution_steps: int = Field(16, gt=0, description="Points on the path of integrated gradients.")
    occlusion_nodes: int = Field(
        2000, ge=0, description="Test nodes that are scored again without each edge set in turn."
    )
    seed: int = Field(0, ge=0, description="Seed of the choice of nodes and of the bootstrap.")
