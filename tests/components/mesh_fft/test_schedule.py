"""Schedules are plain Python: order, number of shuffles, and what cannot be done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.mesh_fft.schedule import KINDS, Move, Transform, schedule
from noria.errors import ConfigError


def moves(steps):
    return [(step.dimension, step.axis) for step in steps if isinstance(step, Move)]


def test_rows_shuffle_columns():
    steps = schedule(KINDS["fft2d"], (8, 8), (0,), (4,), order="transposed")
    assert steps == [Transform(1), Move(0, 1), Transform(0)]


def test_natural_order_costs_one_shuffle_more():
    steps = schedule(KINDS["fft2d"], (8, 8), (0,), (4,), home_axes=(0,))
    assert steps == [Transform(1), Move(0, 1), Transform(0), Move(0, 0)]


def test_a_filter_needs_two_shuffles_in_transposed_order():
    there = schedule(KINDS["rfft2d"], (8, 8), (0,), (4,), order="transposed")
    back = schedule(KINDS["irfft2d"], (8, 5), (1,), (4,), home_axes=(0,), length=8)
    assert len(moves(there)) + len(moves(back)) == 2


def test_pencils_need_two_shuffles():
    steps = schedule(KINDS["fft3d"], (8, 8, 8), (0, 1), (2, 4), order="transposed")
    assert len(moves(steps)) == 2


def test_a_batch_that_is_spread_stays():
    assert moves(schedule(KINDS["rfft2d"], (16, 8, 8), (0,), (4,), home_axes=(0,))) == []


def test_one_device_moves_nothing():
    assert moves(schedule(KINDS["fft3d"], (3, 4, 5), (0, 1), (1, 1), home_axes=(0, 1))) == []


def test_no_axis_is_free():
    with pytest.raises(ConfigError, match="1D signal"):
        schedule(KINDS["fft"], (64,), (0,), (4,))
    with pytest.raises(ConfigError, match="fft2d of a field with 2 axes on a mesh of 2 dimensions"):
        schedule(KINDS["fft2d"], (8, 8), (0, 1), (2, 2))


@st.composite
def _cases(draw):
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    dimensions = draw(st.integers(1, 2))
    rank = draw(st.integers(max(kind.axes, dimensions + 1), 4))
    axes = tuple(draw(st.permutations(range(rank)))[:dimensions])
    home = tuple(draw(st.permutations(range(rank)))[:dimensions])
    mesh = tuple(draw(st.lists(st.integers(1, 4), min_size=dimensions, max_size=dimensions)))
    sizes = tuple(draw(st.lists(st.integers(1, 9), min_size=rank, max_size=rank)))
    return kind, sizes, axes, mesh, draw(st.sampled_from(["natural", "transposed"])), home


@given(_cases())
def test_every_axis_once_while_local_and_home_at_the_end(case):
    kind, sizes, axes, mesh, order, home = case
    length = 2 * sizes[-1] - 1
    done, where = [], list(axes)
    for step in schedule(kind, sizes, axes, mesh, order=order, home_axes=home, length=length):
        spread = {axis for axis, by in zip(where, mesh, strict=True) if by > 1}
        if isinstance(step, Transform):
            assert step.axis not in spread
            done.append(step.axis)
        else:
            assert step.axis not in spread
            where[step.dimension] = step.axis
    assert sorted(done) == list(range(len(sizes) - kind.axes, len(sizes)))
    if kind.real:
        assert done[-1 if kind.inverse else 0] == len(sizes) - 1
    if order == "natural":
        assert all(a == b for a, b, by in zip(where, home, mesh, strict=True) if by > 1)
