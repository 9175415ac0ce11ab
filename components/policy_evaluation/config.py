"""Configuration of policy_evaluation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from noria.typed_config import TypedConfig

GameName = Literal["plane_strike", "tic_tac_toe"]


class PolicyEvaluationConfig(TypedConfig):
    """What is measured beside the policy, and what is drawn. The measures are exact: they need no seed."""

    game: GameName = Field("plane_strike", description="The game that the policy was trained on.")
    registered_model: str = Field(
        "", description="Registered model whose champion plays the same games; empty = none."
    )
    moves_shown: int = Field(8, ge=1, le=64, description="Moves in the picture of a game of plane_strike.")
