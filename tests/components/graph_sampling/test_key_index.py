"""Slots by table, by sorting, and over many batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.graph_sampling import key_index
from components.graph_sampling.key_index import KeyIndex

batches = st.lists(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=4), max_size=4)


def expected(additions: list[list[int]]) -> list[tuple[list[int], list[int]]]:
    """What `add` returns, by plain dictionaries."""
    slots: dict[int, int] = {}
    used = 0
    found = []
    for keys in additions:
        fresh = [i for i, key in enumerate(keys) if key not in slots]
        for place, i in enumerate(fresh):
            slots.setdefault(keys[i], used + place)
        used += len(fresh)
        found.append(([slots[key] for key in keys], fresh))
    return found


@pytest.mark.parametrize("limit", [0, 31])
@pytest.mark.parametrize("wipe_at", [2**30, 3])
@given(batches=batches)
def test_first_come_first_numbered(limit: int, wipe_at: int, batches: list[list[list[int]]]) -> None:
    index = KeyIndex(31, table_limit=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_index, "_WIPE_AT", wipe_at)
        for additions in batches:
            index.clear()
            for keys, (slots, fresh) in zip(additions, expected(additions), strict=True):
                got_slots, got_fresh = index.add(np.array(keys, np.int64))
                assert got_slots.tolist() == slots
                assert got_fresh.tolist() == fresh
