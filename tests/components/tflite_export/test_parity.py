"""Comparing answers, on numbers made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.tflite_export.parity import check_finite, compare, run_all
from noria.errors import NoriaError

REFERENCE = np.array([[[1.0, 2.0]], [[4.0, 3.0]], [[0.0, -1.0]], [[0.0, 1.0]]], np.float32)


def test_agreement_is_the_share_of_samples_with_the_same_argmax() -> None:
    candidate = REFERENCE.copy()
    candidate[1] = [[3.0, 3.5]]
    parity = compare({"y": REFERENCE}, {"y": candidate}, "y", "classification", 0.0)
    assert parity.agreement == 0.75
    assert parity.max_difference == 1.0
    assert parity.relative_difference == 0.25
    np.testing.assert_array_equal(parity.differences, [0.0, 1.0, 0.0, 0.0])


def test_one_row_that_differs_makes_the_sample_differ() -> None:
    reference = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    candidate = np.array([[[0.0, 1.0], [1.0, 0.0]]])
    assert compare({"y": reference}, {"y": candidate}, "y", "classification", 0.0).agreement == 0.0


def test_regression_agrees_within_a_share_of_the_scale() -> None:
    candidate = REFERENCE.copy()
    candidate[0, 0, 0] += 0.05
    parity = compare({"y": REFERENCE}, {"y": candidate}, "y", "regression", 0.01)
    assert parity.agreement == 0.75
    assert compare({"y": REFERENCE}, {"y": candidate}, "y", "regression", 0.02).agreement == 1.0


def test_every_output_is_compared() -> None:
    other = np.zeros((4, 2), np.int32)
    parity = compare({"y": REFERENCE, "z": other}, {"y": REFERENCE, "z": other + 3}, "y", "regression", 0.01)
    assert parity.per_output == {"y": 0.0, "z": 3.0}
    assert parity.max_difference == 0.0


@given(arrays(np.float32, (3, 2, 4), elements=st.floats(-1e6, 1e6, width=32)))
def test_a_thing_agrees_with_itself(values: np.ndarray) -> None:
    for task in ("classification", "regression"):
        parity = compare({"y": values}, {"y": values}, "y", task, 0.01)
        assert (parity.agreement, parity.max_difference, parity.relative_difference) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_non_finite_answers_are_named(broken: float) -> None:
    values = REFERENCE.copy()
    values[2, 0, 1] = broken
    with pytest.raises(NoriaError, match=r"the file answers .* output 'y' for 1 of 4 sample\(s\): 2"):
        check_finite("the file", {"y": values}, "hint")


def test_run_all_keeps_the_order_of_samples() -> None:
    examples = {"a": np.arange(60).reshape(60, 1), "b": np.arange(60).reshape(60, 1) * 10}
    answers = run_all(lambda x: {"sum": x["a"] + x["b"], "unused": x["a"]}, examples, ["sum"])
    assert answers.keys() == {"sum"}
    np.testing.assert_array_equal(answers["sum"], np.arange(60).reshape(60, 1) * 11)
