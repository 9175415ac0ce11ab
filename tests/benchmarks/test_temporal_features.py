"""What the benchmark compares is the same with all three libraries."""

from __future__ import annotations

import pytest

from benchmarks.temporal_features import SETTINGS, compare, sales


@pytest.fixture(scope="module")
def events() -> object:
    return sales(0.3)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_results_are_equal(setting: str, events: object) -> None:
    result = compare(setting, events, repetitions=1)
    assert set(result["ratio"]) == {"pandas", "polars"}
