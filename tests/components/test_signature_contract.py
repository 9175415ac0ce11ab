"""The contract of a model: what is saved, read back, and told when it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from components.model_card import SIGNATURE_KEY
from components.model_folder import ModelFolder
from components.signature_contract import (
    Contract,
    contract_of,
    differences,
    read_function_type,
    write_function_type,
)
from components.tflite_export.record import ExportRecord
from noria.errors import DataError
from tests.components.saved_models import save_two_inputs

CONTRACT = Contract(
    parameters={"features": "float32[1, 15]"},
    inputs={"features": "float32[1, 15]"},
    outputs={"logits": "float32[1, 3]"},
    tflite={"input features": "float32[1, 15]", "output logits": "float32[1, 3]"},
    classes=("a", "b", "c"),
    primary_output="logits",
    task="classification",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """Of a function with captured weights."""
    folder = save_two_inputs(tmp_path_factory.mktemp("model"))
    loaded = tf.saved_model.load(str(folder.saved_model))
    write_function_type(folder.path, loaded.signatures[SIGNATURE_KEY])
    return folder


def test_the_function_type_survives(model: ModelFolder) -> None:
    function = tf.saved_model.load(str(model.saved_model)).signatures[SIGNATURE_KEY]
    assert function.function_type.captures
    found = read_function_type(model.path)
    assert found.parameters == function.function_type.parameters
    contract = contract_of(model, None)
    assert contract.parameters == contract.inputs == {"ids": "int32[4]", "zeta": "float32[1, 8]"}
    assert contract.outputs == {"logits": "float32[1, 5]", "hidden": "float32[1, 8]"}
    assert differences(contract, contract) == []


def test_the_exported_file_is_part_of_it(model: ModelFolder) -> None:
    record = ExportRecord.model_construct(signature=model.card.signature)
    contract = contract_of(model, record)
    assert contract.tflite == {
        **{"input zeta": "float32[1, 8]", "input ids": "int32[4]"},
        **{"output logits": "float32[1, 5]", "output hidden": "float32[1, 8]"},
    }


def test_the_functions_own_type_may_have_open_sizes(tmp_path: Path) -> None:
    @tf.function
    def serve(rows: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": tf.reduce_sum(rows, axis=1)}

    write_function_type(tmp_path, serve.get_concrete_function(rows=tf.TensorSpec([None, 3])))
    (parameter,) = read_function_type(tmp_path).parameters.values()
    assert parameter.type_constraint.shape.as_list() == [None, 3]


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    assert read_function_type(tmp_path) is None
    (tmp_path / "function_type.pb").write_bytes(b"no proto")
    with pytest.raises(DataError, match="holds no FunctionType"):
        read_function_type(tmp_path)


WIDE = {"features": "float32[1, 16]"}


@pytest.mark.parametrize(
    ("candidate", "told"),
    [
        (
            replace(
                CONTRACT,
                inputs=WIDE,
                parameters=WIDE,
                tflite={**CONTRACT.tflite, "input features": WIDE["features"]},
            ),
            ["input features: float32[1, 15] -> float32[1, 16]"],
        ),
        (
            replace(CONTRACT, parameters=WIDE),
            ["tf.function input features: float32[1, 15] -> float32[1, 16]"],
        ),
        (
            replace(CONTRACT, inputs={"rows": "float32[1, 15]"}, parameters=None),
            ["input features: float32[1, 15] -> none", "input rows: none -> float32[1, 15]"],
        ),
        (
            replace(CONTRACT, outputs={"logits": "float32[1, 4]"}, classes=("a", "b", "d", "e")),
            [
                "output logits: float32[1, 3] -> float32[1, 4]",
                "classes: 3 -> 4; gone: c; new: d, e",
            ],
        ),
        (replace(CONTRACT, classes=("b", "a", "c")), ["classes: 3 -> 3; in another order"]),
        (replace(CONTRACT, tflite=None), ["TFLite file: there is one -> none"]),
        (
            replace(CONTRACT, tflite={**CONTRACT.tflite, "output logits": "int32[1, 3]"}),
            ["TFLite output logits: float32[1, 3] -> int32[1, 3]"],
        ),
        (
            replace(CONTRACT, primary_output="scores", task="regression"),
            ["primary output: logits -> scores", "task: classification -> regression"],
        ),
        (CONTRACT, []),
    ],
)
def test_every_field_is_told(candidate: Contract, told: list[str]) -> None:
    assert differences(CONTRACT, candidate) == told


def test_a_file_that_comes_on_top_breaks_nobody() -> None:
    assert differences(replace(CONTRACT, tflite=None), CONTRACT) == []
