"""What is said about a file before it is run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.device_lab.model_file import check_inputs, check_runnable, check_web, inspect_file
from components.device_lab.single_precision import in_single_precision
from noria.errors import DataError, NoriaError
from tests.components.device_lab import small_files


def test_facts_of_a_file() -> None:
    model = small_files.scores()
    facts = inspect_file(model)
    assert {name: str(tensor) for name, tensor in facts.inputs.items()} == {
        "x": "float32[1, 64]",
        "ids": "int32[3]",
    }
    assert {name: str(tensor) for name, tensor in facts.outputs.items()} == {
        "y": "float32[1, 8]",
        "twice": "int32[3]",
    }
    assert (facts.signature, facts.bytes, facts.precision) == ("serving_default", len(model), None)
    assert "TANH" in facts.operators
    assert facts.custom_operators == ()
    assert facts.constants["float32"] >= 64 * 8 * 4
    check_runnable(facts)
    check_web(facts)


def test_the_mark_for_half_precision_is_seen_and_can_be_taken_off() -> None:
    marked = small_files.scores(half=True)
    facts = inspect_file(marked)
    assert facts.marked_for_half
    assert facts.constants["float16"] == 64 * 8 * 2
    single = inspect_file(in_single_precision(marked))
    assert not single.marked_for_half
    assert single.inputs == facts.inputs


def test_a_file_without_that_signature_goes_by_its_only_one_or_by_tensors() -> None:
    assert set(inspect_file(small_files.scores("main")).inputs) == {"x", "ids"}
    bare = inspect_file(small_files.scores(None))
    assert bare.signature is None
    assert {tensor.dtype for tensor in bare.inputs.values()} == {"float32", "int32"}


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04 a zip archive", b"\0" * 100])
def test_what_is_no_tflite_file(content: bytes) -> None:
    with pytest.raises(DataError, match=r"model\.bin is not a TFLite file"):
        inspect_file(content, "model.bin")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_cut_off_file_is_told_wherever_it_is_cut(data: st.DataObject) -> None:
    model = small_files.scores()
    length = data.draw(st.integers(8, len(model) - 64))
    with pytest.raises(DataError, match="damaged or cut off"):
        inspect_file(model[:length])


@pytest.mark.parametrize(
    ("flex", "operator"), [(False, "MatrixDeterminant"), (True, "FlexMatrixDeterminant")]
)
def test_operators_that_litert_lacks_are_named(flex: bool, operator: str) -> None:
    facts = inspect_file(small_files.missing_operator(flex))
    assert operator in facts.custom_operators
    with pytest.raises(NoriaError, match=f"cannot run: LiteRT has no operator .*{operator}"):
        check_runnable(facts)


def test_a_batch_that_is_not_fixed_is_told() -> None:
    with pytest.raises(NoriaError, match=r"not fixed: x: float32\[\?, 4\]"):
        check_runnable(inspect_file(small_files.loose_batch()))


@pytest.mark.parametrize(
    ("model", "tensor"),
    [(small_files.wide_integers, r"x: int64\[2\]"), (small_files.quantized, r"x: int8\[1, 8\]")],
)
def test_types_that_a_web_page_lacks(model, tensor: str) -> None:
    facts = inspect_file(model())
    check_runnable(facts)
    with pytest.raises(NoriaError, match=f"takes and gives float32 and int32, the file has {tensor}"):
        check_web(facts)
    assert facts.inputs["x"].quantized == ("int8" in tensor)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ids": None}, r"the samples hold \['x'\], the file's inputs are \['ids', 'x'\]"),
        ({"x": np.zeros((2, 64), "f4")}, r"'x': expected shape \[samples, 1, 64\], got \[2, 64\]"),
        ({"x": np.zeros((2, 1, 64))}, "'x': expected float32, got float64"),
        ({"x": np.zeros((3, 1, 64), "f4")}, "one equal, positive number"),
        ({"x": np.zeros((0, 1, 64), "f4"), "ids": np.zeros((0, 3), "i4")}, "one equal, positive number"),
    ],
)
def test_samples_that_do_not_fit(changes: dict[str, np.ndarray | None], message: str) -> None:
    examples = {"x": np.zeros((2, 1, 64), "f4"), "ids": np.zeros((2, 3), "i4")} | changes
    given_ = {name: array for name, array in examples.items() if array is not None}
    with pytest.raises(DataError, match=message):
        check_inputs(inspect_file(small_files.scores()), given_)
