"""Forests on a small table."""

from __future__ import annotations

import numpy as np
import pytest

from components.forecast_training.config import GbtConfig, RfConfig
from components.forecast_training.forests import fit_forest, importances, predict_forest
from components.forecast_training.training_rows import Rows, read_rows, weighted_error
from components.forecast_training.tree_picture import tree_picture
from components.temporal_features.feature_table import FeatureTable
from tests.components.forecast_training.conftest import FEATURES, small_config

SETTINGS = [
    GbtConfig(trees=40, shrinkage=0.2, min_examples=5, attributes=1.0),
    RfConfig(trees=20, attributes=1.0),
]


@pytest.fixture(scope="module")
def rows(table: FeatureTable) -> Rows:
    return read_rows(table, 5.0).rows


@pytest.mark.parametrize("settings", SETTINGS)
def test_it_learns_what_labels_depend_on_and_takes_missing_values(
    settings: GbtConfig | RfConfig, rows: Rows
) -> None:
    half = np.arange(len(rows)) < len(rows) // 2
    model = fit_forest(settings, rows.take(half), FEATURES, small_config())
    later = rows.take(~half)
    predicted = predict_forest(model, later.features, FEATURES)
    assert np.isfinite(predicted).all()
    assert weighted_error(later, predicted) < 0.5 * weighted_error(later, np.ones(len(later)))
    found = importances(model, FEATURES)
    assert list(found) == list(FEATURES)
    assert max(found, key=found.__getitem__) == "push"


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_same_seed_grows_the_same_forest(settings: GbtConfig | RfConfig, rows: Rows) -> None:
    one, two, other = (
        predict_forest(fit_forest(settings, rows, FEATURES, small_config(seed=seed)), rows.features, FEATURES)
        for seed in (3, 3, 4)
    )
    assert (one == two).all()
    assert (one != other).any()


def test_weights_count(rows: Rows) -> None:
    up = rows.features[:, 1] > 0
    doubled = Rows(rows.features, rows.target, np.where(up, 1.0, 1e-3).astype(np.float32), rows.timestamps)
    stump = RfConfig(trees=1, depth=1, bootstrap=1.0)
    mean = predict_forest(fit_forest(stump, doubled, FEATURES, small_config()), rows.features, FEATURES)
    assert mean.mean() == pytest.approx(rows.target[up].mean(), abs=0.1)


def test_a_picture_of_a_tree(rows: Rows) -> None:
    model = fit_forest(SETTINGS[0], rows, FEATURES, small_config())
    picture = tree_picture(model)
    assert picture.startswith(b"\x89PNG")
    assert picture == tree_picture(model)
    assert picture != tree_picture(model, levels=1)
