"""The measures by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from components.device_check.compare import ROUNDING, finite_samples, half_exact, relative_difference

HALVES = hnp.arrays(np.float16, (3, 1, 4), elements=st.floats(-1000, 1000, width=16))


@given(HALVES)
def test_half_precision_numbers_are_exact(values: np.ndarray) -> None:
    assert half_exact({"a": values.astype(np.float32), "b": np.arange(3, dtype=np.int32)}) is True


@pytest.mark.parametrize(
    ("values", "exact"),
    [([0.1], False), ([1e6], False), ([np.nan, np.inf], True), ([2**-24], True), ([2**-25], False)],
)
def test_what_half_precision_holds(values: list[float], exact: bool) -> None:
    assert half_exact({"a": np.array(values, np.float32)}) is exact


def test_integers_say_nothing_about_precision() -> None:
    assert half_exact({"a": np.arange(3, dtype=np.int32)}) is None


def test_finite_in_every_output() -> None:
    answers = {
        "a": np.array([[1.0], [np.nan], [1.0]]),
        "b": np.array([[1.0, 2.0], [1.0, 2.0], [np.inf, 2.0]]),
    }
    assert finite_samples(answers).tolist() == [True, False, False]


def test_a_mask_does_not_hide_a_difference() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 1, 9)).astype(np.float32)
    logits[:, :, ::2] -= 30000
    half = logits.astype(np.float16).astype(np.float32)
    assert relative_difference(logits, half) > 10 * ROUNDING
    assert relative_difference(logits, np.nextafter(logits, np.float32(np.inf))) < ROUNDING
    assert relative_difference(logits, logits) == 0


def test_nothing_but_zeros() -> None:
    zeros = np.zeros((2, 3), np.float32)
    assert relative_difference(zeros, zeros) == 0
    assert relative_difference(zeros, zeros + 1) == 1
