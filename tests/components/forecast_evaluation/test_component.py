"""The specification, and defaults that need no YAML."""

from __future__ import annotations

import pytest

from components.forecast_evaluation.component import ForecastEvaluation
from components.forecast_evaluation.config import ForecastEvaluationConfig, check_lengths
from noria.durations import DAY, WEEK
from noria.errors import ConfigError
from noria.typed_config import parse_config


def test_inputs_and_outputs() -> None:
    assert set(ForecastEvaluation.SPEC_CLASS.INPUTS) == {"features", "forecasts", "forest", "network"}
    assert set(ForecastEvaluation.SPEC_CLASS.OUTPUTS) == {"forest_evaluation", "network_evaluation"}


def test_lengths_of_time_are_seconds_in_python_and_text_on_the_wire() -> None:
    config = ForecastEvaluationConfig()
    assert (config.season, config.baselines.moving_average) == (WEEK, (4 * WEEK, 8 * WEEK))
    wire = config.model_dump(mode="json")
    assert (wire["season"], wire["baselines"]["moving_average"]) == ("7d", ["28d", "56d"])
    assert parse_config(ForecastEvaluationConfig, wire, "the wire") == config


def test_a_baseline_over_no_week_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"baselines\.weekday_median"):
        parse_config(ForecastEvaluationConfig, {"baselines": {"weekday_median": [0]}}, "x")


@pytest.mark.parametrize(
    ("changes", "period", "horizon", "told"),
    [
        ({}, 2 * DAY, WEEK, "the horizon is 7d"),
        ({"season": "36h"}, DAY, WEEK, "season is 36h"),
        (
            {"season": "10d", "baselines": {"moving_average": ["7d"]}},
            2 * DAY,
            2 * DAY,
            "moving_average_7d is 7d",
        ),
        ({"season": "10d"}, 2 * DAY, 2 * DAY, "the week of weekday_median is 7d"),
    ],
)
def test_lengths_that_do_not_fit_are_told_early(
    changes: dict[str, object], period: int, horizon: int, told: str
) -> None:
    check_lengths(ForecastEvaluationConfig(), DAY, WEEK)
    config = parse_config(ForecastEvaluationConfig, changes, "x")
    with pytest.raises(ConfigError, match=f"{told}, no whole number of periods of "):
        check_lengths(config, period, horizon)
