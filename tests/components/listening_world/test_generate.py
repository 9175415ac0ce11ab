"""Tests of components/listening_world/generate.py and world_listeners.py."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from components.listening_world.config import WorldConfig
from components.listening_world.generate import TrueLog, generate_log, generate_true_log
from components.listening_world.world import FIRST_DAY, ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.play import play_sessions
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from components.session_ingest.session_log import HeardIndex

SMALL = WorldConfig(users=30, items=80, sessions=300, candidates=8)
MIDDLE = WorldConfig(users=100, items=200, sessions=4000, candidates=10)


@cache
def true_log(config: WorldConfig = MIDDLE) -> TrueLog:
    return generate_true_log(config)


def test_the_seed_makes_the_log() -> None:
    one, again = generate_log(SMALL), generate_log(SMALL)
    np.testing.assert_array_equal(one.item, again.item)
    np.testing.assert_array_equal(one.response, again.response)
    other = generate_log(SMALL.model_copy(update={"seed": 7}))
    assert len(other.item) != len(one.item) or (other.item != one.item).any()


def test_sessions() -> None:
    log = true_log().log
    assert len(log.session_user) == MIDDLE.sessions
    assert (np.diff(log.session_start) >= 0).all()
    day = (log.session_start - FIRST_DAY) // 86400
    assert day.min() >= 0
    assert day.max() < MIDDLE.days
    # A user comes at most once a day, and every user comes.
    visits = log.session_user * MIDDLE.days + day
    assert len(np.unique(visits)) == MIDDLE.sessions
    assert set(log.session_user) == set(range(MIDDLE.users))
    # Contexts go by the hour.
    hour = log.session_start % 86400 / 3600
    np.testing.assert_array_equal(log.session_context, (hour - 6) // 4.5)
    assert log.length.min() == 1
    assert log.length.max() == MIDDLE.longest


def test_offers_and_propensities_are_what_they_say() -> None:
    log = true_log().log
    assert log.offered is not None
    assert log.facts.propensities
    assert (log.offered >= 0).all()
    assert (log.offered == log.item[:, None]).sum(axis=1).tolist() == [1] * len(log.item)
    session = np.repeat(np.arange(len(log.length)), log.length)
    assert len(np.unique(session * MIDDLE.items + log.item)) == len(log.item)
    share = MIDDLE.exploration / MIDDLE.candidates
    assert log.propensity.min() >= share * 0.9999
    # Weighted by 1 / propensity, each choice stands for all that were possible: mean C.
    weight = 1.0 / log.propensity.astype(np.float64)
    error = weight.std() / np.sqrt(len(weight))
    assert abs(weight.mean() - MIDDLE.candidates) < 4 * error


def test_responses_and_leaving_have_their_probabilities() -> None:
    true = true_log()
    log = true.log
    for probability, happened in (
        (true.probability, log.response),
        (true.leaving, _left(true)),
    ):
        known = np.isfinite(happened)
        p, y = probability[known].astype(np.float64), happened[known]
        # In every tenth of the probabilities, so often as they say.
        for rows in np.array_split(np.argsort(p, kind="stable"), 10):
            error = np.sqrt((p[rows] * (1 - p[rows])).sum()) / len(rows)
            assert abs(y[rows].mean() - p[rows].mean()) < 4.5 * error
    row = np.arange(len(log.item))
    assert log.offered is not None
    pick = (log.offered == log.item[:, None]).argmax(axis=1)
    np.testing.assert_array_equal(true.offered_probability[row, pick], true.probability)


def _left(true: TrueLog) -> np.ndarray:
    """1 where the user left after a track, NaN where no session goes on."""
    log = true.log
    left = np.zeros(len(log.item))
    left[log.first[1:] - 1] = 1.0
    full = np.flatnonzero(log.length == MIDDLE.longest)
    left[log.first[full + 1] - 1] = np.nan
    return left


def test_listeners_replay_the_log() -> None:
    """Played along the log, the world's listeners have the log's own probabilities at every moment."""
    true = true_log(SMALL)
    log, config = true.log, SMALL
    sessions = np.arange(len(log.session_user))
    catalogue, heard = Catalogue.of(log), HeardIndex(log)
    features = SessionFeatures(catalogue, len(sessions))
    features.begin(sessions, log.profile, log.session_context)
    listeners = WorldListeners(ListeningWorld(config), len(sessions))
    steps = np.zeros((len(sessions), 1, config.candidates), np.int64)
    listeners.begin(
        sessions,
        Episodes(
            sessions,
            log.session_user,
            log.session_context,
            log.session_start,
            log.profile,
            steps,
            steps.astype(np.float32),
            np.zeros((len(sessions), 1, 2), np.float32),
        ),
    )
    assert log.offered is not None
    offered = log.padded(sessions, log.offered, 0)
    item = log.padded(sessions, log.item, -1)
    response = log.padded(sessions, log.response, 0.0)
    expected = log.padded(sessions, true.offered_probability, np.nan)
    leaving = log.padded(sessions, true.leaving, np.nan)
    for step in range(config.longest):
        on = item[:, step] >= 0
        items = offered[:, step]
        counts = heard.counts(log.session_user[:, None], items, sessions[:, None])
        seen = features.observe(items, counts, np.ones(items.shape, bool))
        found = listeners.probabilities(seen)
        np.testing.assert_allclose(found[on], expected[on, step], rtol=1e-5)
        pick = (items == item[:, step, None]).argmax(axis=1)
        row = np.arange(len(sessions))
        # The uniform numbers are set so that responses are the log's, and users leave within 1e-4 of leaving.
        answer = np.where(response[:, step] == 1.0, 0.0, 1.0).astype(np.float32)
        edge = np.where(sessions % 2 == 0, -1e-4, 1e-4) + leaving[:, step]
        gain = listeners.gain(seen)[row, pick]
        before = listeners.satisfaction.copy()
        given, leaves = listeners.listen(seen, pick, np.stack([answer, edge], axis=1))
        np.testing.assert_array_equal(given[on], response[on, step])
        np.testing.assert_array_equal(leaves[on], (sessions % 2 == 0)[on])
        added = np.where(given == 1.0, gain / found[row, pick], 0.0)
        kept = config.effects.satisfaction_decay * before
        np.testing.assert_allclose(listeners.satisfaction[on], (kept + added)[on], atol=1e-5)
        features.place(items[row, pick])
        features.respond(items[row, pick], given)


def test_padding_has_no_probability() -> None:
    log = true_log(SMALL).log
    features = SessionFeatures(Catalogue.of(log), 2)
    items = np.array([[3, -1], [-1, 4]])
    seen = features.observe(items, np.zeros(items.shape, np.float32), items >= 0)
    listeners = WorldListeners(ListeningWorld(SMALL), 2)
    assert ((listeners.probabilities(seen) > 0) == (items >= 0)).all()
    assert ((listeners.gain(seen) != 0) == (items >= 0)).all()


@pytest.mark.parametrize(("effect", "value"), [("depth", 0.0), ("fatigue", 0.0), ("taste", 0.0)])
def test_effects_can_be_switched_off(effect: str, value: float) -> None:
    """A world without an effect answers otherwise, so each of them matters."""
    effects = MIDDLE.effects.model_copy(update={effect: value})
    other = generate_true_log(SMALL.model_copy(update={"effects": effects}))
    assert abs(other.probability.std() - true_log(SMALL).probability.std()) > 1e-3


class _Weighed(Policy):
    """Greedy on the truth, plus a weight on the satisfaction to be expected."""

    def __init__(self, listeners: WorldListeners, weight: float) -> None:
        self.name = f"weight {weight}"
        self._listeners, self._weight = listeners, weight

    def scores(self, seen: Observation) -> Floats:
        return self._listeners.log_odds(seen) + np.float32(self._weight) * self._listeners.gain(seen)


@pytest.mark.parametrize(("depth", "pays"), [(0.2, True), (0.0, False)])
def test_looking_ahead_pays_where_tracks_have_depth_and_only_there(depth: float, pays: bool) -> None:
    config = MIDDLE.model_copy(update={"effects": MIDDLE.effects.model_copy(update={"depth": depth})})
    log, simulation = generate_log(config), SimulationConfig(candidates=10, pool=40)
    episodes = EpisodeSampler(log, simulation, "test").draw(1000, np.random.default_rng(0))
    listeners = WorldListeners(ListeningWorld(config), len(episodes))
    greedy, ahead = (
        play_sessions(_Weighed(listeners, weight), listeners, episodes, Catalogue.of(log), simulation).returns
        for weight in (0.0, 8.0)
    )
    gain = ahead - greedy
    low = gain.mean() - 1.96 * gain.std() / np.sqrt(len(gain))
    assert (low > 0.5) if pays else (gain == 0.0).all()
