"""No item twice: the nearest allowed candidate instead."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.playlist_simulation.observation import Observation
from components.playlist_simulation.track_sampler import TrackSampler

# Three items on a line, and padding's zeros.
LINE = np.array([[1.0], [2.0], [5.0], [0.0]], np.float32)


def seen(items: list[list[int]], mask: list[list[bool]]) -> Observation:
    rows, columns = np.shape(items)
    return Observation(
        np.zeros((rows, 1), np.float32),
        np.zeros((rows, columns, 1), np.float32),
        np.array(mask),
        np.array(items),
    )


def test_the_nearest_allowed_track_is_played_instead() -> None:
    sampler = TrackSampler(LINE)
    shown = seen([[0, 1, 2], [2, 1, 0], [0, 1, 2]], [[False, True, True], [False, True, True], [True] * 3])
    actions = np.array([0, 0, 2])
    assert sampler.picks(shown, actions).tolist() == [1, 1, 2]
    assert sampler.replaced == 2
    assert actions.tolist() == [0, 0, 2]


def test_padding_is_never_played() -> None:
    sampler = TrackSampler(LINE)
    assert sampler.picks(seen([[2, -1, 1]], [[True, False, True]]), np.array([1])).tolist() == [2]


@given(data=st.data(), rows=st.integers(1, 5), columns=st.integers(1, 6))
def test_picks_are_allowed_and_allowed_actions_stand(data: st.DataObject, rows: int, columns: int) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    features = rng.normal(size=(11, 2)).astype(np.float32)
    mask = rng.random((rows, columns)) < 0.5
    mask[np.arange(rows), rng.integers(0, columns, rows)] = True
    items = rng.integers(-1, 10, (rows, columns))
    actions = rng.integers(0, columns, rows)
    sampler = TrackSampler(features)
    picks = sampler.picks(seen(items.tolist(), mask.tolist()), actions)
    at = np.arange(rows)
    assert mask[at, picks].all()
    allowed = mask[at, actions]
    assert (picks[allowed] == actions[allowed]).all()
    assert sampler.replaced == (~allowed).sum()
    for row in np.flatnonzero(~allowed):
        apart = np.linalg.norm(features[items[row]] - features[items[row, actions[row]]], axis=1)
        assert apart[picks[row]] <= apart[mask[row]].min() + 1e-6
