"""Random search with a budget."""

from __future__ import annotations

import pytest

from components.forecast_training.config import GbtConfig
from components.forecast_training.training_rows import Rows, head_and_tail, read_rows
from components.forecast_training.tuning import tune
from components.temporal_features.feature_table import FeatureTable
from tests.components.forecast_training.conftest import FEATURES, small_config

DAY = 86_400
BAD = {"gbt": {"trees": 1, "depth": 1, "shrinkage": 0.001}, "rf": {"trees": 3, "depth": 1}}


@pytest.fixture(scope="module")
def cut(table: FeatureTable) -> tuple[Rows, Rows]:
    return head_and_tail(read_rows(table, 5.0).rows, 21 * DAY, 7 * DAY)


def test_without_trials_the_configured_settings_stay(cut: tuple[Rows, Rows]) -> None:
    config = small_config()
    chosen, wape = tune(config, *cut, FEATURES)
    assert chosen == config.forest
    assert 0 < wape["gbt"] < 1


def test_a_search_finds_better_settings_and_the_same_ones_again(cut: tuple[Rows, Rows]) -> None:
    plain = small_config(forest=BAD)
    search = small_config(forest={**BAD, "tuning": {"trials": 2, "seconds": 300}})
    _, before = tune(plain, *cut, FEATURES)
    chosen, after = tune(search, *cut, FEATURES)
    assert after["gbt"] < before["gbt"]
    assert after["rf"] < before["rf"]
    assert tune(search, *cut, FEATURES) == (chosen, after)
    assert GbtConfig.model_validate(chosen.gbt.model_dump()) == chosen.gbt


def test_a_spent_budget_starts_no_trial(cut: tuple[Rows, Rows]) -> None:
    config = small_config(forest={**BAD, "tuning": {"trials": 1000, "seconds": 1e-9}})
    assert tune(config, *cut, FEATURES)[0].gbt == config.forest.gbt
