"""Tests of components/graph_ingest/csr.py."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from components.graph_ingest.csr import build_csr, without_parallel
from components.graph_ingest.tables import edge_set


@st.composite
def _edges(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, int]:
    tails, heads = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    pairs = draw(st.lists(st.tuples(st.integers(0, tails - 1), st.integers(0, heads - 1)), max_size=80))
    return np.array([p[0] for p in pairs], int), np.array([p[1] for p in pairs], int), tails, heads


@given(_edges())
def test_every_edge_is_kept_and_rows_ascend(edges: tuple[np.ndarray, np.ndarray, int, int]) -> None:
    rows, columns, row_count, _ = edges
    csr = build_csr(rows, columns, row_count)
    assert csr.indptr[0] == 0
    assert csr.indptr[-1] == len(rows)
    found = [(row, int(column)) for row in range(row_count) for column in csr.row(row)]
    assert found == sorted(zip(rows.tolist(), columns.tolist(), strict=True))
    assert csr.degrees().tolist() == np.bincount(rows, minlength=row_count).tolist()


@given(_edges())
def test_both_directions_hold_the_same_edges(edges: tuple[np.ndarray, np.ndarray, int, int]) -> None:
    tails, heads, tail_count, head_count = edges
    both = edge_set("a", "b", (tails, heads), (tail_count, head_count))
    out = sorted((t, int(h)) for t in range(tail_count) for h in both.out.row(t))
    into = sorted((int(t), h) for h in range(head_count) for t in both.into.row(h))
    assert out == into
    assert both.size == len(tails)


@given(_edges())
def test_parallel_edges_are_merged(edges: tuple[np.ndarray, np.ndarray, int, int]) -> None:
    rows, columns, row_count, _ = edges
    csr = build_csr(rows, columns, row_count)
    merged = without_parallel(csr)
    for row in range(row_count):
        assert merged.row(row).tolist() == sorted(set(csr.row(row).tolist()))
    assert merged.indices.dtype == np.int32
    assert without_parallel(merged) is merged


def test_types_are_those_of_the_file_format() -> None:
    csr = build_csr(np.array([1, 0]), np.array([0, 1]), 3)
    assert csr.indptr.dtype == np.int64
    assert csr.indices.dtype == np.int32
