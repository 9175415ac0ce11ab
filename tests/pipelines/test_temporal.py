"""The temporal pipeline's definition: steps, order, configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from noria.errors import ConfigError, DataError
from noria.typed_config import load_config
from pipelines.temporal import TemporalConfig, check, create_pipeline

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "temporal-small.yaml"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text("transaction_timestamp,department,sales_value\n2017-01-01 12:00:00,A,1.5\n")
    return path


def config(events: Path, *overrides: str) -> TemporalConfig:
    return load_config(TemporalConfig, SMALL, [f"events.source.path={events}", *overrides])


def steps_of(configuration: TemporalConfig) -> dict[str, Any]:
    return {step.id: step for step in create_pipeline(configuration)}


@pytest.mark.parametrize("name", ["temporal", "temporal_online_retail"])
def test_shipped_configurations_fit(name: str) -> None:
    shipped = load_config(TemporalConfig, ROOT / "configs" / f"{name}.yaml")
    assert shipped.features.scale in shipped.features.names()
    forest, network = shipped.promotion.forest, shipped.promotion.network
    assert forest.registered_model != network.registered_model


def test_the_shipped_data_is_there() -> None:
    check(load_config(TemporalConfig, ROOT / "configs" / "temporal.yaml"))


def test_nothing_is_trained_before_features_are_validated(events: Path) -> None:
    steps = steps_of(config(events))
    assert steps["feature_validation"] in steps["forecast_training"].upstream_nodes


def test_champions_that_are_compared_are_those_that_are_replaced(events: Path) -> None:
    evaluation = json.loads(steps_of(config(events))["forecast_evaluation"].exec_properties["config"])
    assert (evaluation["forest_model"], evaluation["network_model"]) == ("slice-forest", "slice-network")


def test_only_the_network_has_an_on_device_file(events: Path) -> None:
    steps = steps_of(config(events))
    assert "tflite" in steps["network_promotion"].inputs
    assert "tflite" not in steps["forest_promotion"].inputs


def test_changed_events_miss_the_cache_and_touched_ones_do_not(events: Path) -> None:
    def digest() -> str:
        found = json.loads(steps_of(config(events))["event_ingest"].exec_properties["config"])
        return str(found["source_digest"])

    before = digest()
    events.touch()
    assert digest() == before
    events.write_text(events.read_text() + "2017-01-02 12:00:00,A,2\n")
    assert digest() != before


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("features.label.of=price", "features.label.of is 'price'"),
        ("training.backtest.gap=6d", "backtest.gap is 6d, shorter than the horizon of 7d"),
        ("training.backtest.every=36h", "backtest.every is 36h, no multiple of a tick of 1d"),
        ("evaluation.season=36h", "season"),
        ("promotion.network.registered_model=slice-forest", "both registered as 'slice-forest'"),
    ],
)
def test_steps_that_do_not_fit_are_told_before_anything_runs(events: Path, override: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check(config(events, override))


def test_a_missing_source_is_told_before_anything_runs(events: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        check(config(events, "events.source.path=nowhere.csv"))


def test_a_missing_package_says_how_to_get_it(events: Path) -> None:
    absent = "events.source={package: no_such_package_at_all, path: events.csv}"
    with pytest.raises(DataError, match="no_such_package_at_all"):
        check(config(events, absent))
