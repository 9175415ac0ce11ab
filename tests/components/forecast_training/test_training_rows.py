"""From a feature table to what models take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.forecast_training.training_rows import head_and_tail, read_rows, thinned, weighted_error
from components.temporal_features.feature_table import FeatureTable
from noria.errors import DataError
from tests.components.forecast_training.conftest import HORIZON, SERIES, TICKS, write_table

DAY = 86_400


def test_rows_without_a_label_are_left_out_and_targets_are_relative(table: FeatureTable) -> None:
    read = read_rows(table, max_ratio=1.2)
    assert len(read.rows) == SERIES * (TICKS - HORIZON)
    np.testing.assert_allclose(read.rows.target, np.clip(read.label / read.scale, -1.2, 1.2), rtol=1e-6)
    assert read.rows.target.max() == np.float32(1.2)
    np.testing.assert_allclose(read.rows.weight * read.scale.mean(), read.scale, rtol=1e-5)
    assert np.isnan(read.rows.features[:, 3]).any()


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_a_scale_must_be_positive(tmp_path: Path, value: float) -> None:
    def change(columns: dict[str, Any]) -> None:
        columns["level"][3] = value

    with pytest.raises(DataError, match=r"'level'.* not a positive number in 1 of"):
        read_rows(write_table(tmp_path, change), 5.0)


def test_no_label_at_all(tmp_path: Path) -> None:
    def change(columns: dict[str, Any]) -> None:
        columns["label"][:] = np.nan

    with pytest.raises(DataError, match=r"none of the 650 rows .* horizon of 7d"):
        read_rows(write_table(tmp_path, change), 5.0)


def test_head_and_tail_lie_a_horizon_apart(table: FeatureTable) -> None:
    rows = read_rows(table, 5.0).rows
    head, tail = head_and_tail(rows, 21 * DAY, HORIZON * DAY)
    assert head.timestamps.max() + np.timedelta64(HORIZON, "D") < tail.timestamps.min()
    assert len(np.unique(tail.timestamps)) == 21
    assert len(head) + len(tail) == len(rows) - HORIZON * SERIES


def test_too_little_time_to_hold_out_some(table: FeatureTable) -> None:
    with pytest.raises(DataError, match="too few to hold out the last 200d after a gap of 7d"):
        head_and_tail(read_rows(table, 5.0).rows, 200 * DAY, HORIZON * DAY)


def test_thinning_keeps_the_last_tick(table: FeatureTable) -> None:
    rows = read_rows(table, 5.0).rows
    some = thinned(rows, 3 * DAY)
    stamps = np.unique(some.timestamps)
    assert stamps[-1] == rows.timestamps.max()
    assert (np.diff(stamps) == np.timedelta64(3, "D")).all()
    assert thinned(rows, None) is rows


def test_the_error_is_the_wape_of_labels(table: FeatureTable) -> None:
    read = read_rows(table, 5.0)
    expected = np.abs(read.label - read.scale).sum() / np.abs(read.label).sum()
    assert weighted_error(read.rows, np.ones(len(read.rows))) == pytest.approx(expected, rel=1e-5)
