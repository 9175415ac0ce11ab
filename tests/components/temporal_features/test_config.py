"""What a configuration may say, and what it is told where it does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from components.temporal_features.config import TemporalFeaturesConfig
from noria.durations import DAY, HOUR, WEEK
from noria.errors import ConfigError
from noria.typed_config import parse_config
from tests.components.temporal_features.events import BASE, EVERY_OPERATION, config

LEVEL: dict[str, Any] = {"op": "moving_sum", "of": "amount", "window": "4d"}


def test_survives_json_and_stays_in_order() -> None:
    given = config()
    shuffled = {"features": dict(reversed(EVERY_OPERATION.items())), **BASE}
    assert parse_config(TemporalFeaturesConfig, given.model_dump(mode="json"), origin="json") == given
    other = parse_config(TemporalFeaturesConfig, shuffled, origin="test")
    assert other.names() == given.names() == sorted(EVERY_OPERATION)
    assert other.in_order() == given.in_order()


def test_features_come_after_what_they_are_made_from() -> None:
    features = {"a": {"op": "log", "of": "b"}, "b": {"op": "lag", "of": "level", "by": "1d"}, "level": LEVEL}
    assert config(features).in_order() == ["level", "b", "a"]
    assert config({**features, "b": {**features["b"], "hidden": True}}).names() == ["a", "level"]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {"a": {"op": "log", "of": "b"}, "b": {"op": "log", "of": "a"}},
            "a is made from itself: a -> b -> a",
        ),
        ({"a": {**LEVEL, "relative_to": "a"}}, "a -> a"),
        ({"a": {**LEVEL, "relative_to": "levle"}}, "a.relative_to is 'levle', which is no feature"),
        ({"a": {"op": "ratio", "of": "level", "by": "lines"}}, "a.by is 'lines'"),
        ({"label": LEVEL}, "'label' cannot be a feature's name"),
        ({"a b": LEVEL}, "'a b' cannot be a feature's name"),
        ({"a": {"op": "moving_median", "of": "amount", "window": "4d"}}, "features.a.*moving_median"),
        ({"a": {**LEVEL, "window": "soon"}}, "length of time"),
        ({"a": {**LEVEL, "of": "level", "across": []}}, "a.across works over event columns"),
        ({"a": {**LEVEL, "every": "2d"}}, "a.every works over features"),
        ({"a": {**LEVEL, "of": "level", "every": "5h"}}, "a.every is 5h, but features have values only at"),
        ({"a": {"op": "lag", "of": "level", "by": "1h"}}, "a.by is 1h, but"),
    ],
)
def test_a_feature_that_cannot_be_is_named(features: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config({"level": LEVEL, **features})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tick": "5h"}, "tick is 5h: it has to divide a day"),
        ({"tick": "36h"}, "tick is 36h"),
        ({"horizon": "36h"}, "horizon is 36h, no multiple of the period of 1d"),
        ({"period": "5h"}, "tick is 1d, no multiple of the period of 5h"),
        ({"scale": "levle"}, "scale is 'levle', which is no feature"),
        ({"features": {"level": {**LEVEL, "hidden": True}}}, "every feature is hidden"),
    ],
)
def test_times_have_to_fit_together(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        config(**changes)
    # Says what does not fit, and not the whole configuration.
    assert len(caught.value.message) < 200


def test_how_far_features_look_back() -> None:
    features = {
        "level": LEVEL,
        "lagged": {**LEVEL, "lag": "3d", "relative_to": "level"},
        "composed": {"op": "moving_max", "of": "lagged", "window": "8d", "every": "2d"},
        "shifted": {"op": "lag", "of": "level", "by": "5d"},
        "today": {"op": "calendar", "part": "hour"},
    }
    reaches = {name: config(features).reach(name) / DAY for name in features}
    assert reaches == {"level": 4, "lagged": 7, "composed": 13, "shifted": 9, "today": 0}


def test_only_columns_that_are_used_are_asked_for() -> None:
    assert config({"level": {**LEVEL, "of": "pieces"}}).columns() == ("amount", "pieces")


def test_the_period_is_at_most_a_day() -> None:
    assert config({"level": LEVEL}, tick="7d", horizon="7d").period_seconds == DAY
    assert config({"level": LEVEL}, tick="1h").period_seconds == HOUR
    assert config({"level": LEVEL}, tick="7d", horizon="7d", period="7d").period_seconds == WEEK
