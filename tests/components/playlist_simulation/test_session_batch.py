"""The rules of sessions: no track twice, when it ends, slates, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.session_batch import End, HeardTrack, SessionBatch
from components.playlist_simulation.session_features import Catalogue
from noria.errors import ConfigError, DataError
from tests.components.playlist_simulation.stand_ins import ScriptedListeners, small_log

LOG = small_log()
CATALOGUE = Catalogue.of(LOG)
ALWAYS, NEVER = np.ones(41, np.float32), np.zeros(41, np.float32)


def episodes_for(config: SimulationConfig, episodes: int, seed: int = 0) -> Episodes:
    return EpisodeSampler(LOG, config, "test").draw(episodes, np.random.default_rng(seed))


def play_randomly(
    config: SimulationConfig, listeners: ScriptedListeners, episodes: Episodes, seed: int = 0
) -> list[HeardTrack]:
    """Any action, forbidden ones too, until all sessions have ended."""
    rng = np.random.default_rng(seed)
    batch = SessionBatch(CATALOGUE, config, listeners, len(episodes))
    batch.begin(np.arange(len(episodes)), episodes)
    heard: list[HeardTrack] = []
    for _ in range(100):
        if (batch.end != End.GOES_ON).all():
            return heard
        heard += batch.choose(batch.observe(), rng.integers(0, config.candidates, len(episodes)))
    raise AssertionError("sessions do not end")


def items_of(track: HeardTrack) -> np.ndarray:
    return track.chosen_from.items[np.arange(len(track.choice)), track.choice]


settings_of_sessions = st.builds(
    lambda candidates, pool, offers, slate, skips, slates, leaves: SimulationConfig(
        candidates=10 if offers == "logged" else candidates,
        pool=max(pool, candidates),
        offers=offers,
        slate=slate,
        termination={
            "skips_in_a_row": skips,
            "tracks": slates and min(slates, 8 // slate) * slate,
            "user_leaves": leaves,
        },
    ),
    st.integers(1, 12),
    st.integers(1, 25),
    st.sampled_from(["catalogue", "logged"]),
    st.integers(1, 4),
    st.none() | st.integers(1, 4),
    st.none() | st.integers(1, 8),
    st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(config=settings_of_sessions, seed=st.integers(0, 1000))
def test_rules_hold_whatever_is_configured(config: SimulationConfig, seed: int) -> None:
    rng = np.random.default_rng(seed)
    listeners = ScriptedListeners(rng.random(41).astype(np.float32), leave=0.15)
    episodes = episodes_for(config, 9, seed)
    heard = play_randomly(config, listeners, episodes, seed)
    rules, tracks = config.termination, config.tracks(8)
    for row in range(9):
        mine = [track for track in heard if track.heard[row]]
        # Heard from the first track on without a gap; nothing behind the end.
        assert [track.heard[row] for track in heard] == [True] * len(mine) + [False] * (
            len(heard) - len(mine)
        )
        items = [int(items_of(track)[row]) for track in mine]
        assert len(set(items)) == len(items)
        skips = 0
        for position, track in enumerate(mine):
            assert items[position] in episodes.offers[row, position]
            # The same random numbers decide, whatever was chosen before.
            first, second = episodes.uniforms[row, position]
            assert track.responses[row] == (first < listeners.chance[items[position]])
            skips = 0 if track.responses[row] else skips + 1
            expected = End.GOES_ON
            if position + 1 == tracks:
                expected = End.TRACKS
            if rules.skips_in_a_row is not None and skips >= rules.skips_in_a_row:
                expected = End.SKIPS
            if rules.user_leaves and second < listeners.leave:
                expected = End.LEFT
            assert track.end[row] == expected
            assert (expected == End.GOES_ON) == (position + 1 < len(mine))
        for track in heard:
            if not track.heard[row]:
                assert track.end[row] == End.GOES_ON


@settings(max_examples=40, deadline=None)
@given(config=settings_of_sessions, seed=st.integers(0, 1000))
def test_masks_never_allow_what_was_played(config: SimulationConfig, seed: int) -> None:
    rng = np.random.default_rng(seed)
    listeners = ScriptedListeners(rng.random(41).astype(np.float32), leave=0.1)
    batch = SessionBatch(CATALOGUE, config, listeners, 5)
    batch.begin(np.arange(5), episodes_for(config, 5, seed))
    played: list[set[int]] = [set() for _ in range(5)]
    while (batch.end == End.GOES_ON).any():
        seen = batch.observe()
        assert seen.mask.any(axis=1).all()
        for row in np.flatnonzero(batch.end == End.GOES_ON):
            offered = seen.items[row].tolist()
            assert seen.mask[row].tolist() == [item >= 0 and item not in played[row] for item in offered]
        picks = seen.mask.argmax(axis=1)
        for row in range(5):
            played[row].add(int(seen.items[row, picks[row]]))
        batch.choose(seen, picks)
    assert batch.track_sampler.replaced == 0


@pytest.mark.parametrize("slate", [1, 2])
def test_a_row_starts_anew_and_its_neighbours_go_on(slate: int) -> None:
    config = SimulationConfig(candidates=10, pool=20, slate=slate)
    listeners = ScriptedListeners(ALWAYS)
    batch = SessionBatch(CATALOGUE, config, listeners, 3)
    first, second = episodes_for(config, 3), episodes_for(config, 1, seed=1)
    batch.begin(np.arange(3), first)
    for _ in range(2):
        batch.choose(batch.observe(), np.zeros(3, np.int64))
    before = batch.observe()
    batch.begin(np.array([1]), second)
    after = batch.observe()
    np.testing.assert_array_equal(after.items[1], second.offers[0, 0])
    assert after.mask[1].all()
    for row in (0, 2):
        np.testing.assert_array_equal(after.items[row], first.offers[row, 2])
        np.testing.assert_array_equal(after.state[row], before.state[row])
    assert [rows.tolist() for rows in listeners.begun] == [[0, 1, 2], [1]]


def test_a_slate_is_answered_when_it_is_full() -> None:
    config = SimulationConfig(candidates=10, pool=20, slate=2, termination={"skips_in_a_row": None})
    listeners = ScriptedListeners(NEVER)
    batch = SessionBatch(CATALOGUE, config, listeners, 1)
    batch.begin(np.array([0]), episodes_for(config, 1))
    column = {name: at for at, name in enumerate(CATALOGUE.spec(10).state)}
    first = batch.observe()
    assert batch.choose(first, np.array([3])) == ()
    assert listeners.asked == []
    second = batch.observe()
    # The agent sees the track it placed, and no answer to it.
    assert second.state[0, column["progress"]] == 1 / 8
    assert second.state[0, column["skips_in_a_row"]] == 0
    heard = batch.choose(second, np.array([4]))
    assert [int(items_of(track)[0]) for track in heard] == [first.items[0, 3], second.items[0, 4]]
    # The user hears the second one having answered the first.
    assert [track.seen.items.tolist() for track in heard] == [
        [[first.items[0, 3]]],
        [[second.items[0, 4]]],
    ]
    assert [float(track.seen.state[0, column["skips_in_a_row"]]) for track in heard] == pytest.approx(
        [0, 0.2]
    )
    assert float(batch.observe().state[0, column["skips_in_a_row"]]) == pytest.approx(0.4)


def test_a_slate_shows_the_user_what_single_tracks_would() -> None:
    """The same tracks in a slate or one by one: the user model is asked the same questions."""
    rng = np.random.default_rng(0)
    asked = []
    for slate in (1, 4):
        config = SimulationConfig(candidates=10, pool=20, slate=slate, termination={"user_leaves": False})
        listeners = ScriptedListeners(rng.random(41).astype(np.float32) * 0 + 0.5)
        batch = SessionBatch(CATALOGUE, config, listeners, 6)
        batch.begin(np.arange(6), episodes_for(config, 6))
        for _ in range(8):
            seen = batch.observe()
            batch.choose(seen, seen.mask.argmax(axis=1))
        at = np.arange(6)
        asked.append([(seen.state, seen.candidates[at, picks]) for seen, picks in listeners.asked])
    for (state, chosen), (in_slate, chosen_in_slate) in zip(*asked, strict=True):
        np.testing.assert_allclose(state, in_slate, atol=1e-6)
        np.testing.assert_allclose(chosen, chosen_in_slate, atol=1e-6)


def test_an_empty_offer_is_refused_with_the_numbers_behind_it() -> None:
    config = SimulationConfig(candidates=2, pool=20)
    episodes = episodes_for(config, 3)
    episodes.offers[1, 1] = -1
    batch = SessionBatch(CATALOGUE, config, ScriptedListeners(ALWAYS), 3)
    batch.begin(np.arange(3), episodes)
    batch.choose(batch.observe(), np.zeros(3, np.int64))
    with pytest.raises(
        DataError,
        match=r"left to choose in 1 sessions \(rows 1\).*\n.*pool is 20, candidates 2, the longest session 8",
    ):
        batch.observe()


def test_a_log_that_offers_the_same_again_runs_out() -> None:
    log = small_log(offered=1, items=1)
    config = SimulationConfig(candidates=1, offers="logged")
    episodes = EpisodeSampler(log, config, "train").draw(2, np.random.default_rng(0))
    batch = SessionBatch(Catalogue.of(log), config, ScriptedListeners(ALWAYS), 2)
    batch.begin(np.arange(2), episodes)
    batch.choose(batch.observe(), np.zeros(2, np.int64))
    with pytest.raises(DataError, match="nothing is left to choose in 2 sessions"):
        batch.observe()


def test_episodes_of_another_configuration_are_refused() -> None:
    episodes = episodes_for(SimulationConfig(candidates=10, pool=20), 2)
    for other in (
        SimulationConfig(candidates=9, pool=20),
        SimulationConfig(candidates=11, pool=20),
    ):
        with pytest.raises(ConfigError, match="the episodes offer 10 tracks at each of 8 steps"):
            SessionBatch(CATALOGUE, other, ScriptedListeners(ALWAYS), 2).begin(np.arange(2), episodes)
