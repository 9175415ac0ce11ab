"""Sizes that are padded to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from components.graph_sampling.padding import size_class


def test_size_classes() -> None:
    assert sorted({size_class(n) for n in range(1, 100)}) == [
        1,
        2,
        3,
        4,
        6,
        8,
        12,
        16,
        24,
        32,
        48,
        64,
        96,
        128,
    ]
    assert size_class(0) == 1


@given(st.integers(1, 10**7))
def test_a_class_holds_its_sizes_and_no_more_than_half_as_much_again(size: int) -> None:
    assert size <= size_class(size) <= max(size * 1.5, size + 1)
    assert size_class(size_class(size)) == size_class(size)
