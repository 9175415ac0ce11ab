"""Configuration of forecast_evaluation."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from noria.durations import WEEK, Duration, duration_text
from noria.errors import ConfigError
from noria.typed_config import TypedConfig


class BaselinesConfig(TypedConfig):
    """Simple forecasts that a model has to beat; an empty list leaves a kind out."""

    seasonal_naive: bool = Field(True, description="What happened one season ago, for the whole horizon.")
    moving_average: tuple[Duration, ...] = Field(
        ("28d", "56d"),
        validate_default=True,
        description="Mean of the last so much time, for the whole horizon; each is a baseline of its own.",
    )
    weekday_median: tuple[PositiveInt, ...] = Field(
        (4, 8),
        description="Median per weekday (hour of the week for hourly periods) over the last so many weeks, "
        "summed over the horizon; each is a baseline of its own.",
    )


class ForecastEvaluationConfig(TypedConfig):
    """What forecasts are measured beside, and how sure the comparison has to be."""

    season: Duration = Field(
        "7d",
        validate_default=True,
        description="Season of the seasonal-naive baseline and of MASE's scale; a whole number of periods.",
    )
    baselines: BaselinesConfig = Field(
        default_factory=lambda: BaselinesConfig.model_validate({}), description="Which baselines."
    )
    forest_model: str = Field(
        "", description="Registered model whose champion is compared with the forest; empty = none."
    )
    network_model: str = Field(
        "", description="Registered model whose champion is compared with the network; empty = none."
    )
    bootstrap_draws: int = Field(
        2000, ge=100, description="Draws of series for the interval of wape_improvement."
    )
    seed: int = Field(0, ge=0, description="Seed of the bootstrap.")
    max_series: int = Field(
        200, gt=0, description="Rows of the per-series table in evaluation.json and the report, worst first."
    )


def whole_periods(seconds: int, period: int, what: str) -> int:
    """How many periods fit into a length of time; raises ConfigError unless it is a whole number."""
    if seconds % period:
        raise ConfigError(
            f"{what} is {duration_text(seconds)}, no whole number of periods of {duration_text(period)}",
            hint="change it, or the period of temporal_features",
        )
    return seconds // period


def check_lengths(config: ForecastEvaluationConfig, period: int, horizon: int) -> None:
    """Tells before any step starts whether baselines can be made of periods; raises ConfigError.

    Args:
        config: What is to be measured.
        period: Seconds of a period of temporal_features.
        horizon: Seconds that a label reaches ahead.
    """
    whole_periods(horizon, period, "the horizon")
    whole_periods(config.season, period, "season")
    for window in config.baselines.moving_average:
        whole_periods(window, period, f"moving_average_{duration_text(window)}")
    if config.baselines.weekday_median:
        whole_periods(WEEK, period, "the week of weekday_median")
