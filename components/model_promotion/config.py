"""Configuration of model_promotion: the registered model and the gates before it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from noria.typed_config import TypedConfig

# An exported file's metrics with half precision forced; tflite_format_fp16_* are of a format's file.
_RENAMED = ("tflite_fp16_", "tflite_half_precision_")

Better = Literal["higher", "lower"]
WhenNotRun = Literal["refuse", "allow"]

_WHEN_NOT_RUN = (
    "What a metric that could not be measured here does (a device that cannot be had): refuse = it stands "
    "against promotion; allow = it does not, and is shown as not run."
)


class MinimumGate(TypedConfig):
    """Holds when the metric is at least ``value``."""

    kind: Literal["minimum"] = Field(default="minimum", description="Discriminates the gates.")
    metric: str = Field(description="Flat metric name, e.g. test_accuracy or tflite_agreement.")
    value: float = Field(description="The smallest value that passes.")
    when_not_run: WhenNotRun = Field(default="refuse", description=_WHEN_NOT_RUN)


class MaximumGate(TypedConfig):
    """Holds when the metric is at most ``value``."""

    kind: Literal["maximum"] = Field(default="maximum", description="Discriminates the gates.")
    metric: str = Field(description="Flat metric name, e.g. tflite_bytes.")
    value: float = Field(description="The largest value that passes.")
    when_not_run: WhenNotRun = Field(default="refuse", description=_WHEN_NOT_RUN)


class BetterThanBaselinesGate(TypedConfig):
    """Holds when the metric beats every baseline's (or those of ``baselines``) by more than ``margin``."""

    kind: Literal["better_than_baselines"] = Field(
        default="better_than_baselines", description="Discriminates the gates."
    )
    metric: str = Field(description="A metric that the model and every baseline have.")
    baselines: tuple[str, ...] = Field(
        default=(), description="Which baselines have to be beaten; empty = all that were evaluated."
    )
    margin: float = Field(default=0.0, ge=0, description="By how much more than the best baseline.")
    better: Better = Field(default="higher", description="Which direction is better.")


class NotWorseThanChampionGate(TypedConfig):
    """Holds when the metric is not worse than the champion's on the same data; or there is no champion."""

    kind: Literal["not_worse_than_champion"] = Field(
        default="not_worse_than_champion", description="Discriminates the gates."
    )
    metric: str = Field(description="A metric that the model and the champion have.")
    tolerance: float = Field(default=0.0, ge=0, description="How much worse still passes.")
    better: Better = Field(default="higher", description="Which direction is better.")


Gate = Annotated[
    MinimumGate | MaximumGate | BetterThanBaselinesGate | NotWorseThanChampionGate,
    Field(discriminator="kind"),
]


class ModelPromotionConfig(TypedConfig):
    """Which registered model a version is added to, and what it takes to become its champion."""

    registered_model: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="Name in MLflow's model registry."
    )
    gates: tuple[Gate, ...] = Field(
        min_length=1, description="All must hold; a metric that is missing, NaN or not run never passes."
    )
    contract_may_change: bool = Field(
        default=False,
        description="Whether a model may take or answer something else than the champion: other inputs, "
        "outputs, shapes, types or classes. False: such a model is not promoted, nor scored with.",
    )
    run_timeout: float = Field(
        default=60.0, ge=0, description="Seconds to wait for the MLflow run of this pipeline run."
    )

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        keys = [f"{gate.metric}_{gate.kind}" for gate in self.gates]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"two gates on the same metric and of the same kind: {', '.join(twice)}")
        for metric in (gate.metric for gate in self.gates if gate.metric.startswith(_RENAMED[0])):
            raise ValueError(f"there is no metric {metric}: it is called {metric.replace(*_RENAMED)}")
        return self
