"""Off-policy estimates beside the truth of a small world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from components.agent_evaluation.intervals import Bootstrap
from components.agent_evaluation.logged_states import logged_episodes, replay
from components.agent_evaluation.off_policy import OffPolicy, Refused, off_policy
from components.agent_evaluation.policies import (
    GreedyPolicy,
    ModelDraw,
    PopularityPolicy,
    RandomPolicy,
    TastePolicy,
    context_profiles,
)
from components.listening_world.generate import TrueLog
from components.listening_world.world import ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from tests.components.agent_evaluation.stand_ins import CountingUserModel, small_world

SESSIONS = np.arange(400)


def estimate(true: TrueLog, sessions: np.ndarray = SESSIONS, limit: float = 1e9, **options: Any) -> OffPolicy:
    log = options.pop("log", true.log)
    catalogue = Catalogue.of(log)
    assert log.offered is not None
    spec = catalogue.spec(log.offered.shape[1])
    model = options.pop("model", CountingUserModel(catalogue))
    world = log.facts.world
    assert world is not None
    found = off_policy(
        log,
        sessions,
        catalogue,
        [
            RandomPolicy(0),
            PopularityPolicy(spec),
            TastePolicy("taste", spec, context_profiles(log)),
            GreedyPolicy(model),
            ModelDraw("softmax", model, 0),
        ],
        model,
        limit,
        Bootstrap(len(sessions), 300, 0),
        WorldListeners(ListeningWorld(world), len(sessions)),
    )
    assert isinstance(found, OffPolicy)
    return found


def test_the_truth_is_that_of_the_generator() -> None:
    true = small_world()
    log, found = true.log, estimate(true)
    rows = slice(0, log.first[400])
    assert found.tracks == log.first[400]
    assert found.logged.value == pytest.approx(log.response[rows].mean())
    uniform = found.estimates["random"].truth
    popular = found.estimates["popularity"].truth
    assert uniform is not None
    assert popular is not None
    assert uniform.value == pytest.approx(true.offered_probability[rows].mean(), abs=1e-5)
    best = log.popularity[log.offered[rows]].argmax(axis=1)  # type: ignore[index]
    chosen = true.offered_probability[rows][np.arange(len(best)), best]
    assert popular.value == pytest.approx(chosen.mean(), abs=1e-5)


def test_estimates_come_close_to_the_truth() -> None:
    found = estimate(small_world(sessions=2500, users=120), np.arange(2500))
    for name, got in found.estimates.items():
        assert got.truth is not None
        for kind in ("ips", "snips", "dr"):
            interval = getattr(got, kind)
            # 2.5 half-widths: one of fifteen intervals may miss, none by much.
            reach = 2.5 * (interval.high - interval.low) / 2
            assert abs(interval.value - got.truth.value) < reach, (name, kind)
            assert interval.high - interval.low < 0.3
    assert found.estimates["random"].effective > 5 * found.estimates["taste"].effective
    assert found.estimates["random"].matched == 1.0
    assert found.estimates["taste"].matched < 0.5


def test_a_wrong_model_is_put_right() -> None:
    # Predictions are far too low; the weights take that back, the model alone does not.
    model = CountingUserModel(Catalogue.of(small_world().log), bias=-3.0)
    for got in estimate(small_world(), model=model).estimates.values():
        assert got.truth is not None
        assert got.dm.value < got.truth.value - 0.2
        assert abs(got.dr.value - got.truth.value) < 0.15


def test_weights_without_propensities_would_be_wrong() -> None:
    # A broken estimator: as if the log had been uniform.
    log = small_world().log
    assert log.offered is not None
    flat = replace(log, propensity=np.full_like(log.propensity, 1 / log.offered.shape[1]))
    got = estimate(small_world(), log=flat).estimates["popularity"]
    assert got.truth is not None
    assert not got.ips.low <= got.truth.value <= got.ips.high


def test_clipping_is_told() -> None:
    free, cut = (estimate(small_world(), limit=limit).estimates["taste"] for limit in (1e9, 1.5))
    assert free.clipped == 0.0
    assert 0 < cut.clipped <= cut.matched
    assert cut.ips.value < free.ips.value
    assert cut.effective > free.effective


@pytest.mark.parametrize("missing", ["propensities", "could have been played"])
def test_refused_with_the_reason(missing: str) -> None:
    log = small_world().log
    if missing == "propensities":
        facts = log.facts.model_copy(update={"propensities": False})
        log = replace(log, facts=facts, propensity=np.full_like(log.propensity, np.nan))
    else:
        log = replace(log, offered=None)
    catalogue = Catalogue.of(log)
    model = CountingUserModel(catalogue)
    found = off_policy(log, SESSIONS, catalogue, [RandomPolicy(0)], model, 50.0, Bootstrap(400, 100, 0))
    assert isinstance(found, Refused)
    assert missing in found.reason


def test_replay_shows_what_was_known() -> None:
    log = small_world().log
    sessions = np.array([5, 80, 300])
    steps = list(replay(log, logged_episodes(log, sessions), Catalogue.of(log)))
    assert len(steps) == log.length[sessions].max()
    for row, session in enumerate(sessions):
        tracks = range(log.first[session], log.first[session + 1])
        heard = earlier(log, session)
        for step, track in zip(steps, tracks, strict=False):
            assert step.active[row]
            assert step.seen.items[row, step.picks[row]] == log.item[track]
            assert step.responses[row] == log.response[track]
            assert step.propensity[row] == log.propensity[track]
            assert step.seen.mask[row, step.picks[row]]
            counts = np.expm1(step.seen.candidates[row, :, len(log.facts.features) + 1])
            expected = [heard.count(item) for item in step.seen.items[row]]
            np.testing.assert_allclose(counts, expected, atol=1e-4)
        assert not any(step.active[row] for step in steps[len(tracks) :])


def earlier(log: SessionLog, session: int) -> list[int]:
    same = [s for s in range(session) if log.session_user[s] == log.session_user[session]]
    return [int(i) for s in same for i in log.item[log.first[s] : log.first[s + 1]]]
