"""Configuration of the toy pipeline ``features``."""

from __future__ import annotations

from pydantic import Field

from noria.typed_config import TypedConfig
from pipelines.feature_checks import FeatureChecksConfig


class MakeFeaturesConfig(TypedConfig):
    """Made-up features, and what is different in their last days."""

    days: int = Field(120, description="ticks")
    late_days: int = Field(35, description="how many days at the end are different: eval, and the horizon")
    shift: float = Field(0.0, description="what the price rises by")
    missing: float = Field(0.0, description="share of prices that are missing")
    late_shop: str = Field("west", description="what the third shop is called then")


class FeaturesConfig(TypedConfig):
    """The whole pipeline."""

    features: MakeFeaturesConfig = Field(MakeFeaturesConfig(), description="the data")
    checks: FeatureChecksConfig = Field(FeatureChecksConfig(), description="how they are validated")
