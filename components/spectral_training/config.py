"""Configuration of spectral_training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from noria.typed_config import TypedConfig

Dropout = Annotated[float, Field(ge=0, lt=1)]


class SpectralTrainingConfig(TypedConfig):
    """How both classifiers are trained; each has the same budget of parameters, epochs and trials."""

    parameters: PositiveInt = Field(
        60_000,
        description="Most trainable parameters of each classifier; its hidden layers are as wide as fits.",
    )
    hidden_layers: int = Field(2, ge=0, description="Hidden layers, all of one width.")
    dropouts: tuple[Dropout, ...] = Field(
        (0.1, 0.3), min_length=1, description="Rates of dropout that are tried; validation chooses."
    )
    learning_rate: float = Field(0.001, gt=0, description="Adam's learning rate.")
    batch_size: PositiveInt = Field(64, description="Images per step.")
    epochs: PositiveInt = Field(40, description="Most passes over the training images, per rate of dropout.")
    patience: PositiveInt = Field(
        6, description="Epochs without a lower validation loss after which training stops."
    )
    examples: PositiveInt = Field(500, description="Test images that are stored beside each model.")
    seed: int = Field(0, ge=0, description="Seed of initial weights, order of images and dropout.")
