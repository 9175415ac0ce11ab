"""Intervals from held-out errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.forecast_training.intervals import IntervalOffsets, fit_offsets

LEVELS = (0.1, 0.5, 0.9)


def test_rows_like_those_held_out_are_covered_in_every_group() -> None:
    random = np.random.default_rng(0)
    scale = 10.0 ** random.uniform(0, 4, 8000)
    errors = random.normal(0, 1 / np.sqrt(scale))
    offsets = fit_offsets(errors[:4000], scale[:4000], LEVELS, groups=4)
    quantiles = offsets.quantiles(np.ones(4000), scale[4000:])
    target = 1 + errors[4000:]
    inside = (target >= quantiles[:, 0]) & (target <= quantiles[:, 2])
    for decade in range(4):
        chosen = (np.log10(scale[4000:]) // 1) == decade
        assert inside[chosen].mean() == pytest.approx(0.8, abs=0.05)
    widths = quantiles[:, 2] - quantiles[:, 0]
    assert widths[scale[4000:] < 10].mean() > 10 * widths[scale[4000:] > 1000].mean()


@given(
    errors=st.lists(st.floats(-5, 5), min_size=1, max_size=200),
    scales=st.integers(1, 5),
    groups=st.integers(1, 6),
    asked=st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20),
)
def test_quantiles_never_cross(errors: list[float], scales: int, groups: int, asked: list[float]) -> None:
    scale = 1.0 + np.arange(len(errors)) % scales
    offsets = fit_offsets(np.array(errors), scale, LEVELS, groups)
    quantiles = offsets.quantiles(np.zeros(len(asked)), np.array(asked))
    assert quantiles.shape == (len(asked), 3)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert len(offsets.offsets) == len(offsets.edges) + 1 <= max(groups, 1)


def test_few_errors_make_one_group() -> None:
    offsets = fit_offsets(np.arange(39.0), np.arange(1.0, 40.0), LEVELS, groups=4)
    assert offsets.edges == ()
    assert offsets == IntervalOffsets.model_validate_json(offsets.model_dump_json())
