"""Tests of components/event_ingest/external_sort.py."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from components.event_ingest.external_sort import ExternalSort


def _table(rows: list[tuple[int, str, float | None]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    types = (pa.timestamp("us"), pa.string(), pa.float64())
    arrays = [pa.array(c, pa.int64() if i == 0 else types[i]) for i, c in enumerate(columns)]
    return pa.table({"time": arrays[0].cast(types[0]), "shop": arrays[1], "sales": arrays[2]})


def _sort(table: pa.Table, chunk: int) -> list[pa.Table]:
    with tempfile.TemporaryDirectory() as folder:
        runs = ExternalSort(Path(folder), table.column_names)
        for start in range(0, max(len(table), 1), chunk):
            runs.add(table.slice(start, chunk))
        assert runs.rows == len(table)
        return [pa.concat_tables([part]).combine_chunks() for part in runs.merged(chunk)]


_ROWS = st.lists(
    st.tuples(
        st.integers(-5, 5) | st.integers(-(2**50), 2**50),
        st.sampled_from("abc"),
        st.none() | st.sampled_from([-1.0, 0.0, 2.0]),
    )
)


@given(rows=_ROWS, chunk=st.integers(1, 20), seed=st.integers(0, 3))
def test_neither_chunks_nor_order_matter(
    rows: list[tuple[int, str, float | None]], chunk: int, seed: int
) -> None:
    table = _table(rows)
    order = [(name, "ascending") for name in table.column_names]
    expected = table.take(pc.sort_indices(table, sort_keys=order))
    shuffled = table.take(pa.array(np.random.default_rng(seed).permutation(len(table)), pa.int64()))
    parts = _sort(shuffled, chunk)
    assert sum(len(part) for part in parts) == len(table)
    if parts:
        assert pa.concat_tables(parts).to_pylist() == expected.to_pylist()
        for before, after in pairwise(parts):
            assert before["time"][-1].as_py() < after["time"][0].as_py()


def test_ranges_stay_small_whatever_the_distribution() -> None:
    draws = np.random.default_rng(0)
    # Half of the events happen within a thousandth of the time.
    times = np.concatenate([draws.integers(0, 10**9, 10_000), draws.integers(0, 10**6, 10_000)])
    table = pa.table({"time": pa.array(draws.permutation(times)).cast(pa.timestamp("us"))})
    parts = _sort(table, 1_000)
    assert sum(len(part) for part in parts) == 20_000
    assert max(len(part) for part in parts) < 2_000
    assert len(parts) < 60
