"""Baselines beside their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.session_ingest.session_log import SessionLog
from components.user_model_training.baselines import NearestItems, fit_baselines
from components.user_model_training.metrics import RankedScores, log_loss
from components.user_model_training.replay import Replay
from tests.components.user_model_training.conftest import random_log


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15))
def test_nearest_items_by_brute_force(seed: int, neighbours: int) -> None:
    log = random_log(seed, sessions=15, shares=True)
    rates = np.random.default_rng(seed).random(12).astype(np.float32)
    tracks = np.arange(len(log.item))
    found = NearestItems(log, rates, neighbours).residuals(tracks)
    unit = log.features / np.linalg.norm(log.features, axis=1, keepdims=True)
    user = np.repeat(log.session_user, log.length)
    for track in tracks:
        cosine = unit @ unit[log.item[track]]
        near = np.argsort(-cosine)[:neighbours]
        earlier = [t for t in range(track) if user[t] == user[track] and log.item[t] in near]
        weight = np.maximum(cosine[log.item[earlier]], 0) if earlier else np.zeros(0)
        residual = log.response[earlier] - rates[log.item[earlier]] if earlier else np.zeros(0)
        assert found[track] == pytest.approx(weight @ residual / (weight.sum() + 1.0), abs=1e-5)


def test_popularity_is_the_smoothed_rate_of_training() -> None:
    log = random_log(1)
    train, test = Replay.of(log, "train"), Replay.of(log, "test")
    predicted = fit_baselines(log, train, 3)["popularity"](test)
    mean = train.response.mean()
    for row in range(len(test)):
        same = train.response[log.item[train.track] == log.item[test.track[row]]]
        assert predicted[row] == pytest.approx((same.sum() + 10 * mean) / (len(same) + 10), abs=1e-5)


def test_each_knows_more_than_nothing(world_log: SessionLog) -> None:
    train = Replay.of(world_log, "train")
    baselines = fit_baselines(world_log, train, 10)
    assert set(baselines) == {"constant", "popularity", "item_knn", "logistic"}
    for name, predict in baselines.items():
        predicted = predict(train)
        assert predicted.dtype == np.float32
        assert ((predicted > 0) & (predicted < 1)).all()
        # On the rows they were fitted on.
        if name != "constant":
            assert RankedScores(train.response >= 0.5, predicted).auc() > 0.6
    constant = log_loss(train.response, baselines["constant"](train))
    assert log_loss(train.response, baselines["logistic"](train)) < constant - 0.02


def test_a_log_where_all_is_completed() -> None:
    log = random_log(2)
    log = replace(log, response=np.ones_like(log.response))
    train, test = Replay.of(log, "train"), Replay.of(log, "test")
    for predict in fit_baselines(log, train, 3).values():
        np.testing.assert_allclose(predict(test), 1.0)
