"""Draws without replacement, each set of neighbours as likely as any other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from components.graph_ingest.csr import build_csr
from components.graph_sampling.neighbours import draw_neighbours
from components.graph_sampling.random_bits import mix


@given(
    degrees=st.lists(st.integers(0, 12), min_size=1, max_size=15),
    fan_out=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_distinct_entries_of_the_own_row(degrees: list[int], fan_out: int, seed: int) -> None:
    rows = np.repeat(np.arange(len(degrees)), degrees)
    csr = build_csr(rows, np.arange(len(rows)), len(degrees))
    nodes = np.arange(len(degrees))[::-1]
    positions, neighbours = draw_neighbours(
        csr, nodes, mix(nodes.astype(np.uint64) + np.uint64(seed)), fan_out
    )
    assert positions.tolist() == sorted(positions.tolist())
    for place, node in enumerate(nodes.tolist()):
        drawn = neighbours[positions == place].tolist()
        assert len(drawn) == min(degrees[node], fan_out) == len(set(drawn))
        assert set(drawn) <= set(csr.row(node).tolist())


def test_every_subset_is_as_likely() -> None:
    degree, fan_out, draws = 6, 3, 40_000
    csr = build_csr(np.zeros(degree, int), np.arange(degree), 1)
    bits = mix(np.arange(draws, dtype=np.uint64))
    positions, neighbours = draw_neighbours(csr, np.zeros(draws, int), bits, fan_out)
    assert positions.tolist() == np.repeat(np.arange(draws), fan_out).tolist()
    subsets = np.sort(neighbours.reshape(draws, fan_out), axis=1) @ [degree**2, degree, 1]
    seen = [
        int((subsets == a * degree**2 + b * degree + c).sum())
        for a, b, c in combinations(range(degree), fan_out)
    ]
    assert sum(seen) == draws
    # The bits are fixed: this fails for good where draws are uneven, never by chance.
    assert chisquare(seen).pvalue > 0.001
