"""Configuration of agent_evaluation."""

from __future__ import annotations

from pydantic import Field

from components.playlist_simulation.config import SimulationConfig
from noria.typed_config import TypedConfig


class AgentEvaluationConfig(TypedConfig):
    """How many sessions are played, and what for. Every policy plays the same ones."""

    simulation: SimulationConfig = Field(
        default_factory=SimulationConfig, description="The environment; the one that agents were trained in."
    )
    user_model: str = Field(
        "", description="User model that answers in the simulator; empty = the one that its training chose."
    )
    sessions: int = Field(
        2000, ge=2, description="Sessions that every policy plays: users and contexts of the test split."
    )
    selection_sessions: int = Field(
        1000,
        ge=2,
        description="Sessions of the validation split on which the best heuristic is chosen, so that the "
        "comparison with it rests on sessions that it was not chosen on.",
    )
    oracle_sessions: int = Field(
        500, ge=2, description="Sessions of the training split on which the oracle's weight is chosen."
    )
    oracle_weights: tuple[float, ...] = Field(
        (0.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        min_length=1,
        description="Weights of satisfaction to come that the oracle tries.",
    )
    logged_sessions: int = Field(
        1000, ge=2, description="Sessions of the test split, the latest, that off-policy estimates rest on."
    )
    weight_limit: float = Field(
        50.0, gt=0, description="Importance weights above are cut off; the report tells how many were."
    )
    exported_sessions: int = Field(
        100, ge=0, description="Sessions that the exported file plays, one observation at a time."
    )
    tracked_sessions: int = Field(
        3, ge=0, description="Sessions of every policy that episodes.parquet shows track by track."
    )
    bootstrap_draws: int = Field(2000, ge=100, description="Resamples behind every 95 % interval.")
    registered_model: str = Field(
        "", description="Registered model whose champion plays the same sessions; empty = none."
    )
    seed: int = Field(0, ge=0, description="Seed of the sessions, of random policies and of the bootstrap.")
