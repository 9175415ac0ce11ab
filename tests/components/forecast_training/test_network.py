"""The quantile network and its training."""

from __future__ import annotations

import numpy as np
import pytest

from components.forecast_training.config import NetworkConfig
from components.forecast_training.network import (
    OrderedQuantiles,
    Standardise,
    build_network,
    permutation_importances,
    pinball_loss,
    predict_network,
    unused_features,
)
from components.forecast_training.train_network import train_network
from components.forecast_training.training_rows import Rows, head_and_tail, read_rows, weighted_error
from components.temporal_features.feature_table import FeatureTable
from noria.errors import NoriaError
from tests.components.forecast_training.conftest import FEATURES, small_config

DAY = 86_400


@pytest.fixture(scope="module")
def rows(table: FeatureTable) -> Rows:
    return read_rows(table, 5.0).rows


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.5, 0.9), (0.05, 0.25, 0.5, 0.6, 0.7, 0.95)])
def test_quantiles_cannot_cross(levels: tuple[float, ...]) -> None:
    random = np.random.default_rng(0)
    raw = random.normal(0, 20, (500, len(levels))).astype(np.float32)
    features = random.uniform(0, 30, (500, 2)).astype(np.float32)
    layer = OrderedQuantiles(levels, scale=1)
    before = layer((raw, features)).numpy()
    assert (np.diff(before, axis=1) >= 0).all()
    middle = levels.index(0.5)
    np.testing.assert_array_equal(before[:, middle], raw[:, middle])
    layer.widen(np.array([10.0, 20.0]), np.array([[2.0, 0.5], [1.0, 1.0], [0.25, 3.0]]))
    after = layer((raw, features)).numpy()
    assert (np.diff(after, axis=1) >= 0).all()
    group = np.searchsorted([10.0, 20.0], features[:, 1])
    for column, side in ((0, 0), (-1, 1)):
        distances = [np.abs(quantiles[:, column] - quantiles[:, middle]) for quantiles in (before, after)]
        factor = np.array([[2.0, 0.5], [1.0, 1.0], [0.25, 3.0]])[group, side]
        np.testing.assert_allclose(distances[1], factor * distances[0], atol=1e-3)


def test_an_untrained_network_forecasts_about_the_scale() -> None:
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    quantiles = predict_network(build_network(features, (0.1, 0.5, 0.9), 0, NetworkConfig(), 0), features)
    np.testing.assert_allclose(quantiles[:, 1], 1.0, atol=0.3)


def test_standardising_and_missing_values() -> None:
    features = np.array([[1, 5, 0.1, 1e6], [3, np.nan, 0.1, 2e6], [5, 7, 0.1, 3e6]], np.float32)
    layer = Standardise(features, clip=1.0)
    # A constant, and a feature that half precision cannot hold, are left out.
    assert layer.used.tolist() == [True, True, False, False]
    # 1 and 5 lie 1.22 deviations from 3, and are cut off at one.
    expected = [[-1, -1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(layer(features).numpy(), expected, atol=1e-6)
    # Only the second feature was missing in training, so only its flag is known.
    unseen = np.array([[np.nan, np.nan, np.nan, np.nan], [np.inf, -np.inf, np.inf, 1e9]], np.float32)
    expected = [[0, 0, 0, 0, 0, 1, 0, 0], [1, -1, 0, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(layer(unseen).numpy(), expected, atol=1e-6)


def test_pinball_loss() -> None:
    loss = pinball_loss((0.1, 0.9))
    got = loss(np.array([[1.0], [0.0]], np.float32), np.array([[0.0, 0.0], [1.0, 2.0]], np.float32)).numpy()
    np.testing.assert_allclose(got, [(0.1 + 0.9) / 2, (0.9 * 1 + 0.1 * 2) / 2], rtol=1e-6)


@pytest.mark.slow
def test_it_learns_and_says_how_sure_it_is(rows: Rows) -> None:
    config = small_config()
    before = rows.take(rows.timestamps < rows.timestamps.max() - np.timedelta64(30, "D"))
    after = rows.take(rows.timestamps > rows.timestamps.max() - np.timedelta64(23, "D"))
    head, tail = head_and_tail(before, 21 * DAY, 7 * DAY)
    trained = train_network(before, head, tail, 0, config)
    quantiles = predict_network(trained.model, after.features)
    assert weighted_error(after, quantiles[:, 1]) < 0.5 * weighted_error(after, np.ones(len(after)))
    inside = (after.target >= quantiles[:, 0]) & (after.target <= quantiles[:, 2])
    assert 0.6 < inside.mean() < 0.95
    assert len(trained.history) > trained.best_epoch
    assert {"pinball", "valid_pinball"} == trained.history[0].keys()
    found = permutation_importances(trained.model, after, FEATURES, 1, 0)
    assert max(found, key=found.__getitem__) == "push"
    assert unused_features(trained.model, FEATURES) == ()
    again = predict_network(train_network(before, head, tail, 0, config).model, after.features)
    assert (again == quantiles).all()


def test_divergence_is_an_error(rows: Rows) -> None:
    broken = Rows(rows.features, np.full_like(rows.target, np.nan), rows.weight, rows.timestamps)
    with pytest.raises(NoriaError, match="not a finite number in any epoch"):
        train_network(broken, *head_and_tail(broken, 21 * DAY, 7 * DAY), 0, small_config())
