"""Limits that feature statistics have to keep."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from noria.typed_config import TypedConfig


class ValueRange(TypedConfig):
    """Bounds of a feature's values; null leaves a side open."""

    min: float | None = Field(None, description="The smallest value allowed.")
    max: float | None = Field(None, description="The largest value allowed.")

    @model_validator(mode="after")
    def _check(self) -> ValueRange:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class FeatureLimits(TypedConfig):
    """What holds for either split."""

    min_examples: int = Field(1, ge=0, description="Examples of each split.")
    max_missing_share: float = Field(
        0.5, ge=0, le=1, description="Share of a split's examples that have no value for a feature."
    )
    max_missing_share_of: dict[str, float] = Field(
        default_factory=dict, description="The same for single features, in place of max_missing_share."
    )
    ranges: dict[str, ValueRange] = Field(
        default_factory=dict, description="Bounds of single features' values."
    )


class FeatureDrift(TypedConfig):
    """How far the split eval may be from train; null switches a measure off."""

    max_jensen_shannon: float | None = Field(
        0.3, ge=0, le=1, description="Jensen-Shannon divergence (in bits) of a number's distribution."
    )
    max_l_infinity: float | None = Field(
        0.1, ge=0, le=1, description="L-infinity distance: the largest change of a text value's share."
    )
    limit_of: dict[str, float] = Field(
        default_factory=dict, description="The limit for single features, in place of the two above."
    )
    ignore: tuple[str, ...] = Field(
        (), description="Features that are not compared, e.g. the month, which changes by nature."
    )


class FeatureValidationConfig(TypedConfig):
    """Configuration of feature_validation."""

    limits: FeatureLimits = Field(default_factory=FeatureLimits, description="What holds for either split.")
    drift: FeatureDrift = Field(
        default_factory=FeatureDrift, description="How far the split eval may be from train."
    )
    on_anomaly: Literal["fail", "warn"] = Field(
        "fail",
        description="fail: an anomaly that ExampleValidator found, or a breached limit, ends the run; "
        "warn: it goes on.",
    )
    on_drift: Literal["fail", "warn"] = Field(
        "warn", description="The same for drift, which seasons alone can cause."
    )
