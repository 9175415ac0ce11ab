"""Float formats made by rewriting a file, on a file that the converter made."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from components.device_lab.device_run import DeviceRequest
from components.device_lab.model_file import inspect_file
from components.device_lab.native import run_natively
from components.device_lab.published_models.rewrite import marked, widened


def answers(model: bytes, images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    (name,) = inspect_file(model).inputs
    return run_natively(DeviceRequest(model, {name: images["image"]})).outputs


def like_published(model: bytes) -> bytes:
    """Like the published ones: no signature, no mark, operator codes in the old field only."""
    content: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    content.signatureDefs, content.metadata = [], []
    for index in content.subgraphs[0].inputs:
        tensor = content.subgraphs[0].tensors[index]
        tensor.shapeSignature = [-1, *tensor.shape[1:]]
    for code in content.operatorCodes:
        assert code.builtinCode == code.deprecatedBuiltinCode
        code.builtinCode = 0
    builder = flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_widening_changes_no_answer(files: dict[str, bytes], images: dict[str, np.ndarray]) -> None:
    half = like_published(files["fp16"])
    single = widened(half)
    (expected,), (got,) = answers(half, images).values(), answers(single, images).values()
    np.testing.assert_array_equal(got, expected)
    constants = inspect_file(half).constants, inspect_file(single).constants
    assert constants[1]["float32"] >= 2 * constants[0]["float16"]
    assert "float16" not in constants[1]
    assert "DEQUANTIZE" not in inspect_file(single).operators
    assert {"CONV_2D", "FULLY_CONNECTED"} <= set(inspect_file(single).operators)


def test_a_rewritten_file_has_a_signature_by_its_tensors_names(files: dict[str, bytes]) -> None:
    half = like_published(files["fp16"])
    assert inspect_file(half).signature is None
    for model in (widened(half), marked(half, half=True)):
        facts = inspect_file(model)
        assert facts.signature == "serving_default"
        assert [(name, tensor.tensor) for name, tensor in facts.inputs.items()] == [
            (tensor.tensor, tensor.tensor) for tensor in inspect_file(half).inputs.values()
        ]


def test_a_rewritten_file_has_a_batch_of_one(files: dict[str, bytes]) -> None:
    published = like_published(files["fp16"])
    assert -1 in next(iter(inspect_file(published).inputs.values())).shape
    for model in (widened(published), marked(published, half=True)):
        assert -1 not in next(iter(inspect_file(model).inputs.values())).shape


def test_marks_are_put_on_and_taken_away(files: dict[str, bytes]) -> None:
    plain = marked(files["fp16"], half=False)
    assert inspect_file(files["fp16"]).marked_for_half
    assert not inspect_file(plain).marked_for_half
    assert inspect_file(marked(plain, half=True)).marked_for_half
    # Marked twice is marked once.
    assert marked(files["fp16"], half=True).count(b"fp16accfp16") == 1
    assert not inspect_file(widened(files["fp16"])).marked_for_half
    assert list(inspect_file(plain).outputs) == ["logits"]


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize("half", [True, False])
def test_the_mark_decides_on_a_phone(
    files: dict[str, bytes], images: dict[str, np.ndarray], half: bool
) -> None:
    from components.device_lab.devices import run_on

    model = marked(files["fp16"], half=half)
    outputs = run_on("neoverse-n1", DeviceRequest(model, images, count=False)).outputs["logits"]
    exact = np.array_equal(outputs, outputs.astype(np.float16).astype(np.float32))
    assert exact == half
