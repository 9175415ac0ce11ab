"""Rows of a replay are what a session shows when it is played alone, and know nothing of what comes later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from components.session_ingest.session_log import HeardIndex
from components.user_model_training import replay as module
from components.user_model_training.batches import batch_of, recency
from components.user_model_training.replay import Replay
from noria.errors import DataError
from tests.components.user_model_training.conftest import random_log

seeds = st.integers(0, 10_000)


@settings(max_examples=20, deadline=None)
@given(seeds, st.sampled_from(["train", "validation", "test"]))
def test_each_session_as_if_played_alone(seed: int, split: str) -> None:
    log = random_log(seed, shares=True)
    rows, catalogue, heard = Replay.of(log, split), Catalogue.of(log), HeardIndex(log)
    at, popularity = 0, catalogue.spec(1).candidate.index("popularity")
    for session in log.sessions(split):
        features = SessionFeatures(catalogue, 1)
        features.begin(np.array([0]), log.profile[[session]], log.session_context[[session]])
        for track in range(log.first[session], log.first[session + 1]):
            item = log.item[track : track + 1]
            count = heard.counts(log.session_user[[session]], item, np.array([session]))
            seen = features.observe(item[:, None], count[:, None], np.ones((1, 1), bool))
            np.testing.assert_allclose(rows.state[at], seen.state[0], atol=1e-6)
            wanted = seen.candidates[0, 0]
            if split == "train":
                # That of other sessions, see below.
                wanted[popularity] = rows.chosen[at, popularity]
            np.testing.assert_allclose(rows.chosen[at], wanted, atol=1e-6)
            assert rows.response[at] == log.response[track]
            assert rows.track[at] == track
            features.place(item)
            features.respond(item, log.response[track : track + 1])
            at += 1
    assert at == len(rows) == len(rows.session)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_leaving_is_a_last_track_before_the_longest(seed: int) -> None:
    log = random_log(seed)
    rows = Replay.of(log, "train")
    for session in range(rows.sessions):
        mine = slice(rows.first[session], rows.first[session + 1])
        length = rows.first[session + 1] - rows.first[session]
        left, watched = rows.left[mine], rows.watched[mine]
        assert not left[:-1].any()
        assert watched[:-1].all()
        # A session as long as the longest may have been cut: whether the user left is not known.
        assert bool(left[-1]) == bool(watched[-1]) == (length < log.facts.longest)


def test_a_track_knows_nothing_of_its_own_response_or_later_ones() -> None:
    log = random_log(3)
    rows = Replay.of(log, "test")
    session = int(np.argmax(np.diff(rows.first)))
    track = rows.first[session] + 2
    changed = log.response.copy()
    changed[rows.track[track] :] = 1.0 - changed[rows.track[track] :]
    # profile and popularity are the log's own and stay.
    other = Replay.of(replace(log, response=changed), "test")
    np.testing.assert_array_equal(rows.state[: track + 1], other.state[: track + 1])
    np.testing.assert_array_equal(rows.chosen[: track + 1], other.chosen[: track + 1])
    assert not np.array_equal(rows.state[track + 1], other.state[track + 1])


def test_sessions_at_once_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    log = random_log(5)
    whole = Replay.of(log, "train")
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    parts = Replay.of(log, "train")
    np.testing.assert_array_equal(whole.state, parts.state)
    np.testing.assert_array_equal(whole.chosen, parts.chosen)
    np.testing.assert_array_equal(whole.track, parts.track)


def test_an_empty_split_is_told() -> None:
    log = random_log(0, sessions=4)
    with pytest.raises(DataError, match="no sessions in its test split"):
        Replay.of(replace(log, session_split=np.zeros(4, np.int8)), "test")


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_batches_hold_every_track_once(seed: int) -> None:
    rows = Replay.of(random_log(seed), "train")
    order = np.random.default_rng(seed).permutation(rows.sessions)[:7]
    batch = batch_of(rows, order, np.arange(rows.sessions, dtype=np.float32))
    tracks = np.concatenate([np.arange(rows.first[i], rows.first[i + 1]) for i in order])
    np.testing.assert_array_equal(batch.state, rows.state[tracks])
    np.testing.assert_array_equal(batch.left, rows.left[tracks])
    np.testing.assert_array_equal(batch.weight, rows.session[tracks])
    width = batch.chosen.shape[2]
    np.testing.assert_array_equal(batch.chosen.reshape(-1, width)[batch.places], rows.chosen[tracks])
    np.testing.assert_array_equal(batch.responses.ravel()[batch.places], rows.response[tracks])
    np.testing.assert_array_equal(batch.first_state, rows.state[rows.first[order]])


def test_recency_halves() -> None:
    rows = Replay.of(random_log(0), "train")
    weights = recency(rows, 2.0)
    age = (rows.start.max() - rows.start) / 86400
    np.testing.assert_allclose(weights / weights[-1], 0.5 ** (age / 2.0), rtol=1e-5)
    assert weights.mean() == pytest.approx(1.0, abs=1e-5)
    assert (recency(rows, None) == 1.0).all()


def test_popularity_of_a_training_track_is_that_of_other_sessions() -> None:
    log = random_log(5)
    rows, column = Replay.of(log, "train"), Catalogue.of(log).spec(1).candidate.index("popularity")
    session = int(np.argmax(np.diff(rows.first)))
    own = slice(rows.first[session], rows.first[session + 1])
    changed = log.response.copy()
    changed[rows.track[own]] = 1.0 - changed[rows.track[own]]
    other = Replay.of(replace(log, response=changed), "train")
    np.testing.assert_array_equal(rows.chosen[own, column], other.chosen[own, column])
    assert (rows.chosen[:, column] != other.chosen[:, column]).any()
    # Later splits see what was known when training ended.
    later = Replay.of(log, "test")
    np.testing.assert_array_equal(later.chosen[:, column], log.popularity[log.item[later.track]])
