"""Rank correlations beside SciPy's, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from components.agent_evaluation.intervals import Bootstrap
from components.agent_evaluation.rank_correlation import kendall, rank_correlation, spearman


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=12))
def test_the_same_as_scipy(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, float).T
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert np.isnan(spearman(first, second))
        assert np.isnan(kendall(first, second))
        return
    assert float(spearman(first, second)) == pytest.approx(stats.spearmanr(first, second)[0])
    assert float(kendall(first, second)) == pytest.approx(stats.kendalltau(first, second)[0])


def test_many_at_once() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 7, 9))
    for row in range(7):
        assert spearman(first, second)[row] == pytest.approx(float(spearman(first[row], second[row])))
        assert kendall(first, second)[row] == pytest.approx(float(kendall(first[row], second[row])))


def test_an_order_that_noise_blurs() -> None:
    rng = np.random.default_rng(0)
    truth = np.linspace(0, 1, 9)[:, None]
    clear = rank_correlation(truth + np.zeros(50), truth + np.zeros(50), Bootstrap(50, 200, 0))
    assert (clear.spearman.value, clear.kendall.low, clear.policies) == (1.0, 1.0, 9)
    noisy = truth + rng.normal(0, 2, (9, 50))
    blurred = rank_correlation(noisy, truth + np.zeros(50), Bootstrap(50, 200, 0))
    assert blurred.spearman.low < blurred.spearman.value < 1.0
    assert blurred.spearman.high - blurred.spearman.low > 0.2
    reverse = rank_correlation(-truth + np.zeros(50), truth + np.zeros(50), Bootstrap(50, 200, 0))
    assert reverse.spearman.value == reverse.kendall.value == -1.0
