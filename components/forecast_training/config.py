"""Configuration of forecast_training."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from components.forecast_training.backtest import BacktestConfig
from noria.durations import Duration
from noria.typed_config import TypedConfig


def _levels(values: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 < level < 1 for level in values) or any(a >= b for a, b in pairwise(values)):
        raise ValueError("expected ascending numbers between 0 and 1")
    if 0.5 not in values:
        raise ValueError("0.5 is missing: the median is the network's point forecast")
    return values


Quantiles = Annotated[tuple[float, ...], AfterValidator(_levels)]


class GbtConfig(TypedConfig):
    """Gradient-boosted trees (squared error)."""

    trees: int = Field(200, ge=1, description="Number of trees.")
    depth: int = Field(4, ge=1, description="Largest depth of a tree.")
    shrinkage: float = Field(0.03, gt=0, le=1, description="Share of each tree's correction that is applied.")
    subsample: float = Field(0.5, gt=0, le=1, description="Share of the rows that each tree is grown on.")
    attributes: float = Field(0.3, gt=0, le=1, description="Share of the features that each split looks at.")
    min_examples: int = Field(50, ge=1, description="Rows that a leaf has at least.")


class RfConfig(TypedConfig):
    """Random forest."""

    trees: int = Field(200, ge=1, description="Number of trees.")
    depth: int = Field(16, ge=1, description="Largest depth of a tree.")
    attributes: float = Field(0.3, gt=0, le=1, description="Share of the features that each split looks at.")
    bootstrap: float = Field(0.3, gt=0, le=1, description="Rows drawn for each tree, as a share of all.")
    min_examples: int = Field(20, ge=1, description="Rows that a leaf has at least.")


class TuningConfig(TypedConfig):
    """Random search over the forests' hyper-parameters, on rows before the first test window only."""

    trials: int = Field(0, ge=0, description="Settings to try per kind of forest; 0 = none.")
    seconds: float = Field(
        120.0,
        gt=0,
        description="No further trial starts after so long; a search that ends by it depends on "
        "the machine's speed.",
    )


class ForestConfig(TypedConfig):
    """The two kinds of decision forest."""

    gbt: GbtConfig = Field(default_factory=GbtConfig, description="Gradient-boosted trees.")
    rf: RfConfig = Field(default_factory=RfConfig, description="Random forest.")
    tuning: TuningConfig = Field(default_factory=TuningConfig, description="Search for better settings.")


class NetworkConfig(TypedConfig):
    """A dense network with an output per quantile."""

    units: int = Field(128, ge=1, description="Units per hidden layer.")
    layers: int = Field(2, ge=0, description="Hidden layers.")
    dropout: float = Field(0.5, ge=0, lt=1, description="Dropout after each hidden layer.")
    epochs: int = Field(80, ge=1, description="At most so many passes over the training rows.")
    patience: int = Field(8, ge=1, description="Stop after so many epochs without a better validation loss.")
    batch_size: int = Field(256, ge=1, description="Rows per step.")
    learning_rate: float = Field(0.0003, gt=0, description="Adam's learning rate.")
    clip: float = Field(5.0, gt=0, description="Standardised features are cut off at plus and minus this.")


class ForecastTrainingConfig(TypedConfig):
    """How forecasters are trained and tested over time."""

    backtest: BacktestConfig = Field(default_factory=BacktestConfig, description="Test windows.")
    forest: ForestConfig = Field(default_factory=ForestConfig, description="Decision forests.")
    network: NetworkConfig = Field(default_factory=NetworkConfig, description="The quantile network.")
    quantiles: Quantiles = Field((0.1, 0.5, 0.9), description="Levels of the forecast quantiles.")
    validation: Duration = Field(
        "28d",
        validate_default=True,
        description="The last stretch of training time, held out from a first fit: intervals of the forests, "
        "epochs of the network, and the choices between models and settings come from it.",
    )
    interval_groups: int = Field(
        4, ge=1, description="Groups of rows by scale, each with its own width of intervals."
    )
    max_ratio: float = Field(
        5.0, gt=1, description="label / scale is cut off at plus and minus this for training."
    )
    train_every: Duration | None = Field(
        None, description="Time between two training ticks, counted back from the last. Null: every tick."
    )
    examples: int = Field(500, ge=1, description="Rows of the last test window kept beside the models.")
    seed: int = Field(0, ge=0, description="Seed of forests, weights, dropout and the order of rows.")
    threads: int = Field(2, ge=1, description="Threads that forests are grown with.")

    @model_validator(mode="after")
    def _known_lengths(self) -> Self:
        if self.train_every is not None and self.train_every > self.validation:
            raise ValueError("train_every is longer than validation, which would hold no tick")
        return self
