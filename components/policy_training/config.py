"""Configuration of policy_training."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from noria.typed_config import TypedConfig


class OpponentsConfig(TypedConfig):
    """Whom a two-player game is learned against; shares of the games, the rest is self-play."""

    random: float = Field(0.5, ge=0, le=1, description="Share of games against a random player.")
    perfect: float = Field(0.0, ge=0, le=1, description="Share of games against a perfect player.")

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if self.random + self.perfect > 1:
            raise ValueError(f"random and perfect add up to {self.random + self.perfect:g}, more than 1")
        return self


class PolicyTrainingConfig(TypedConfig):
    """How a policy is trained. The defaults are for plane_strike."""

    game: Literal["plane_strike", "tic_tac_toe"] = Field("plane_strike", description="The game.")
    games: int = Field(512, ge=2, description="Games that are played at once between two updates.")
    updates: int = Field(1000, ge=1, description="Updates of the weights, each on one batch of games.")
    hidden: tuple[PositiveInt, ...] = Field((128, 128), description="Units per hidden layer.")
    learning_rate: float = Field(0.0015, gt=0, description="Adam's learning rate at the start.")
    learning_rate_end: float = Field(
        0.02, ge=0, le=1, description="The last update's learning rate as a share of the first's; linear."
    )
    entropy_weight: float = Field(
        0.05, ge=0, description="Weight of the policy's entropy in the loss; falls with the learning rate."
    )
    baseline: Literal["batch_mean", "value"] = Field(
        "value",
        description="What returns are compared with: their mean over the batch at the same move, or a "
        "network's forecast from the position.",
    )
    discount: float = Field(1.0, gt=0, le=1, description="Weight of a reward per move that it lies ahead.")
    trace: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Lambda of generalised advantage estimation; needs baseline value. In a game of two it "
        "is 1 whatever is given here, for forecasts are learned at the policy's own positions only.",
    )
    passes: int = Field(
        4,
        ge=1,
        description="Passes over each batch of games; more than one rests on the clipped ratio (PPO).",
    )
    minibatch: PositiveInt | None = Field(
        1024, description="About so many moves per gradient step; null: all of the batch."
    )
    clip: float = Field(0.2, gt=0, lt=1, description="PPO's limit on the ratio of new to old probability.")
    opponents: OpponentsConfig = Field(
        default_factory=OpponentsConfig, description="Opponents in a game of two players."
    )
    evaluate_every: int = Field(50, ge=1, description="Updates between two exact evaluations.")
    checkpoint_every: int = Field(100, ge=1, description="Updates between two checkpoints.")
    examples: int = Field(500, ge=1, description="At most so many positions are kept beside the model.")
    seed: int = Field(0, ge=0, description="Seed of weights, games and moves.")
