"""Configuration of user_model_training."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from noria.typed_config import TypedConfig

Kind = Literal["sequential", "simple"]


class UserModelTrainingConfig(TypedConfig):
    """Which user models are trained, and how. ``sequential`` remembers the session, ``simple`` does not."""

    models: tuple[Kind, ...] = Field(
        ("sequential", "simple"), min_length=1, description="Kinds of model that are trained."
    )
    chosen: Kind | None = Field(
        None, description="The model that agents train with; null: the best by validation log loss."
    )
    memory: int = Field(32, ge=1, description="Units of the sequential model's memory (GRU).")
    hidden: tuple[PositiveInt, ...] = Field(
        (64,), min_length=1, description="Units per hidden layer of heads."
    )
    learning_rate: float = Field(0.004, gt=0, description="Adam's learning rate at the start.")
    learning_rate_end: float = Field(
        0.05, ge=0, le=1, description="The last step's learning rate as a share of the first's; linear."
    )
    epochs: int = Field(12, ge=1, description="Passes over the training sessions at most.")
    patience: int = Field(3, ge=1, description="Epochs without a better validation loss before it stops.")
    batch_size: int = Field(128, ge=1, description="Sessions per step.")
    half_life: float | None = Field(
        20.0,
        gt=0,
        description="Days after which a training session counts half, for tastes change; null: all the same.",
    )
    weight_decay: float = Field(3e-3, ge=0, description="Weight of the squared weights in the loss.")
    recalibrate: bool = Field(
        True, description="Fit slope and offset of the logits to the validation split after training."
    )
    neighbours: int = Field(30, ge=1, description="Similar items that the item-kNN baseline looks at.")
    bins: int = Field(15, ge=2, description="Groups of predictions that calibration is measured in.")
    bootstrap_draws: int = Field(200, ge=20, description="Draws of sessions for the intervals.")
    seed: int = Field(0, ge=0, description="Seed of weights, order of sessions and intervals.")

    @model_validator(mode="after")
    def _kinds(self) -> Self:
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"models names one twice: {', '.join(self.models)}")
        if self.chosen is not None and self.chosen not in self.models:
            raise ValueError(
                f"chosen is {self.chosen!r}, which is not among models: {', '.join(self.models)}"
            )
        return self
