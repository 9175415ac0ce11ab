"""Tests of components/graph_ingest/splits.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.graph_ingest.config import SplitConfig
from components.graph_ingest.splits import split_by_group
from noria.errors import ConfigError
from noria.typed_config import parse_config

_SEEDS = st.integers(0, 2**31)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=200), _SEEDS)
def test_a_group_is_never_split_apart(groups: list[int], seed: int) -> None:
    group = np.array(groups)
    split = split_by_group(group, SplitConfig(seed=seed))
    assert split.shape == group.shape
    for number in set(groups):
        assert len(set(split[group == number].tolist())) == 1


@given(_SEEDS)
def test_shares_are_kept_within_sampling_error(seed: int) -> None:
    settings = SplitConfig(train=0.6, valid=0.3, test=0.1, seed=seed)
    shares = np.bincount(split_by_group(np.arange(20_000), settings), minlength=3) / 20_000
    # Five standard deviations of a share of 0.6 in 20,000 draws.
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=5 * np.sqrt(0.24 / 20_000))


def test_a_group_keeps_its_split_when_others_are_added() -> None:
    few, many = (split_by_group(np.arange(n), SplitConfig()) for n in (100, 200))
    np.testing.assert_array_equal(few, many[:100])


def test_another_seed_divides_otherwise() -> None:
    first, second = (split_by_group(np.arange(1000), SplitConfig(seed=seed)) for seed in (0, 1))
    assert (first != second).any()


def test_shares_must_sum_to_one() -> None:
    with pytest.raises(ConfigError, match=r"train \+ valid \+ test must be 1, got 1\.1"):
        parse_config(SplitConfig, {"train": 0.9}, "test")
