"""Episodes: whose they are, what they offer, and that a seed fixes them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler, distinct
from components.playlist_simulation.episodes import Episodes
from noria.errors import ConfigError
from tests.components.playlist_simulation.stand_ins import small_log

LOG = small_log()
CATALOGUE = SimulationConfig(candidates=10, pool=20)
LOGGED = SimulationConfig(candidates=10, offers="logged")


def draw(config: SimulationConfig, episodes: int, seed: int = 0, split: str = "test") -> Episodes:
    return EpisodeSampler(LOG, config, split).draw(episodes, np.random.default_rng(seed))


@given(rows=st.integers(1, 6), below=st.integers(1, 30), data=st.data())
def test_subsets_hold_different_numbers(rows: int, below: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, below))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    subsets = distinct(rows, count, below, rng)
    assert subsets.shape == (rows, count)
    assert subsets.min() >= 0
    assert subsets.max() < below
    assert all(len(set(row)) == count for row in subsets.tolist())


def test_every_subset_is_equally_likely() -> None:
    subsets = distinct(60_000, 2, 4, np.random.default_rng(0))
    # In random order, too: whoever always takes the first chooses uniformly.
    assert np.bincount(subsets[:, 0]) == pytest.approx(np.full(4, 15_000), abs=530)
    subsets = np.sort(subsets, axis=1)
    _, counts = np.unique(subsets @ [10, 1], return_counts=True)
    # Six pairs; five standard deviations.
    assert counts == pytest.approx(np.full(6, 10_000), abs=460)


@pytest.mark.parametrize("config", [CATALOGUE, LOGGED])
def test_a_seed_fixes_everything(config: SimulationConfig) -> None:
    one, same, other = draw(config, 30), draw(config, 30), draw(config, 30, seed=1)
    for field in fields(Episodes):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(same, field.name))
    assert (one.offers != other.offers).any()
    assert (one.session != other.session).any()


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_listeners_are_those_of_the_splits_sessions(split: str) -> None:
    episodes = draw(CATALOGUE, 50, split=split)
    assert set(episodes.session) <= set(LOG.sessions(split))
    for ours, logs in (("user", "user"), ("context", "context"), ("start", "start")):
        np.testing.assert_array_equal(
            getattr(episodes, ours), getattr(LOG, f"session_{logs}")[episodes.session]
        )
    np.testing.assert_array_equal(episodes.profile, LOG.profile[episodes.session])


def test_sessions_are_different_as_far_as_there_are_so_many() -> None:
    sessions = len(LOG.sessions("test"))
    assert len(set(draw(CATALOGUE, sessions).session)) == sessions
    assert len(draw(CATALOGUE, 3 * sessions).session) == 3 * sessions


@pytest.mark.parametrize(("candidates", "pool"), [(10, 20), (5, 20), (1, 1)])
def test_a_step_offers_different_tracks_of_one_pool(candidates: int, pool: int) -> None:
    episodes = draw(SimulationConfig(candidates=candidates, pool=pool), 25)
    assert episodes.offers.shape == (25, 8, candidates)
    spare = max(0, 8 - candidates)
    for offers in episodes.offers:
        assert all(len(set(step)) == candidates for step in offers.tolist())
        assert len(set(offers.ravel().tolist())) <= pool + spare
        for step in range(candidates, 8):
            # One that no other step offers: so nothing can be played that leaves this step empty.
            assert offers[step, -1] not in np.delete(offers, step, axis=0)


def test_no_track_is_offered_more_often_than_others() -> None:
    """Behind as many steps as there are candidates, a spare track is on offer: any of the catalogue."""
    offers = draw(SimulationConfig(candidates=4, pool=20), 20_000).offers
    for part in (offers[:, :4], offers[:, 4:, :3], offers[:, 4:, 3]):
        counts = np.bincount(part.ravel(), minlength=40)
        # Steps of an episode share a pool, which makes counts vary more than independent draws would.
        assert counts == pytest.approx(np.full(40, part.size / 40), rel=0.1)


@pytest.mark.parametrize("config", [CATALOGUE, LOGGED, SimulationConfig(candidates=4, pool=4)])
def test_heard_counts_are_the_logs_before_the_session(config: SimulationConfig) -> None:
    episodes = draw(config, 12)
    session_of_track = np.repeat(np.arange(len(LOG.session_user)), LOG.length)
    for row in range(12):
        mine = LOG.session_user[session_of_track] == episodes.user[row]
        earlier = LOG.item[mine & (session_of_track < episodes.session[row])]
        counts = (episodes.offers[row][..., None] == earlier).sum(axis=-1)
        np.testing.assert_array_equal(episodes.heard[row], counts)


def test_logged_offers_are_those_of_the_session_and_then_of_others() -> None:
    episodes = draw(LOGGED, 20)
    rows = {tuple(offer) for offer in LOG.offered.tolist()}
    for row, session in enumerate(episodes.session):
        first, length = LOG.first[session], LOG.length[session]
        np.testing.assert_array_equal(episodes.offers[row, :length], LOG.offered[first : first + length])
        assert {tuple(offer) for offer in episodes.offers[row].tolist()} <= rows


def test_logged_offers_are_padded() -> None:
    episodes = draw(SimulationConfig(candidates=12, offers="logged"), 5)
    assert (episodes.offers[..., 10:] == -1).all()
    assert (episodes.heard[..., 10:] == 0).all()
    assert (episodes.offers[..., :10] >= 0).all()


@pytest.mark.parametrize(
    ("config", "offered", "message"),
    [
        (SimulationConfig(candidates=10, pool=41), 10, "pool 41 asks for so many .*; the catalogue has 40"),
        (SimulationConfig(candidates=5, pool=38), 10, "pool 38 .* and 3 more, .*\n.*candidates is 5"),
        (LOGGED, None, "the log does not say which tracks were on offer"),
        (
            SimulationConfig(candidates=9, offers="logged"),
            10,
            "candidates is 9, and the log offered up to 10",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(config: SimulationConfig, offered: int | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EpisodeSampler(small_log(offered=offered), config, "train")
