"""What callers of a model rely on: names, shapes and types of inputs and outputs, classes, task.

tf.function's ``FunctionType`` of the serving signature is saved beside a model as ``function_type.pb``. Its
proto carries the parameters only: ``to_proto`` leaves the outputs out, so these come from the card; and it
cannot write captures whose keys are numbers, which are weights and no part of a contract.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.model_card import TensorSpec
from components.model_folder import FUNCTION_TYPE, ModelFolder
from components.tflite_export.record import ExportRecord
from noria.errors import DataError, first_few
from noria.files import write_bytes

Types = Mapping[str, str]


@dataclass(frozen=True)
class Contract:
    """A model's contract; types are texts such as ``float32[1, 15]``.

    Attributes:
        parameters: Parameter to type of the serving signature's FunctionType; None where none was saved.
        inputs: Input to type, as the card has it; ``outputs`` likewise.
        tflite: Tensors of the exported file, ``input x`` or ``output y`` to type; None without a file.
        classes: Class names, in the order of the logits.
        primary_output: The output that predicts.
        task: classification or regression.
    """

    parameters: Types | None
    inputs: Types
    outputs: Types
    tflite: Types | None
    classes: tuple[str, ...]
    primary_output: str
    task: str


def write_function_type(folder: Path, function: Any) -> None:
    """Writes ``function_type.pb`` into a TrainedModel folder.

    Args:
        folder: The folder.
        function: The ConcreteFunction of the serving signature.
    """
    from tensorflow.core.function.polymorphism.function_type import FunctionType

    bare = FunctionType(list(function.function_type.parameters.values()), OrderedDict())
    write_bytes(folder / FUNCTION_TYPE, bare.to_proto().SerializeToString(deterministic=True))


def read_function_type(folder: Path) -> Any | None:
    """The FunctionType beside a model; None where there is none.

    Raises:
        DataError: The file holds something else.
    """
    path = folder / FUNCTION_TYPE
    if not path.is_file():
        return None
    from google.protobuf.message import DecodeError
    from tensorflow.core.function.polymorphism.function_type import FunctionType
    from tensorflow.core.function.polymorphism.function_type_pb2 import FunctionType as Proto

    proto = Proto()
    try:
        proto.ParseFromString(path.read_bytes())
        return FunctionType.from_proto(proto)
    except (DecodeError, ValueError, TypeError) as error:
        raise DataError(f"{path} holds no FunctionType: {error}", hint="train the model again") from error


def contract_of(model: ModelFolder, export: ExportRecord | None) -> Contract:
    """The contract of a model and its exported file.

    Raises:
        DataError: ``function_type.pb`` cannot be read.
    """
    card, found = model.card, read_function_type(model.path)
    tflite = None
    if export is not None:
        tflite = {f"input {name}": spec for name, spec in _types(export.signature.inputs).items()}
        tflite |= {f"output {name}": spec for name, spec in _types(export.signature.outputs).items()}
    return Contract(
        parameters=None if found is None else {n: _parameter(p) for n, p in found.parameters.items()},
        inputs=_types(card.signature.inputs),
        outputs=_types(card.signature.outputs),
        tflite=tflite,
        classes=card.classes,
        primary_output=card.primary_output,
        task=card.task,
    )


def differences(champion: Contract, candidate: Contract) -> list[str]:
    """What a caller of the champion would notice, e.g. ``input features: float32[1, 15] -> float32[1, 16]``.

    FunctionTypes are compared where both are known, a change that the card shows too is told once. An
    exported file that comes on top breaks no caller and is none; one that is gone is.
    """
    told = _changes("input ", champion.inputs, candidate.inputs)
    told |= _changes("output ", champion.outputs, candidate.outputs)
    if champion.parameters is not None and candidate.parameters is not None:
        more = _changes("input ", champion.parameters, candidate.parameters)
        told |= {f"tf.function {name}": change for name, change in more.items() if told.get(name) != change}
    if champion.tflite is not None:
        if candidate.tflite is None:
            told["TFLite file"] = "there is one -> none"
        else:
            more = _changes("", champion.tflite, candidate.tflite)
            told |= {f"TFLite {name}": change for name, change in more.items() if told.get(name) != change}
    told |= _changes("", _words(champion), _words(candidate))
    if champion.classes != candidate.classes:
        told["classes"] = _class_change(champion.classes, candidate.classes)
    return [f"{name}: {change}" for name, change in told.items()]


def _words(contract: Contract) -> Types:
    return {"primary output": contract.primary_output, "task": contract.task}


def _changes(prefix: str, before: Types, after: Types) -> dict[str, str]:
    return {
        f"{prefix}{name}": f"{before.get(name, 'none')} -> {after.get(name, 'none')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _class_change(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    parts = [f"{len(before)} -> {len(after)}"]
    if gone := sorted(set(before) - set(after)):
        parts.append(f"gone: {first_few(gone)}")
    if new := sorted(set(after) - set(before)):
        parts.append(f"new: {first_few(new)}")
    if not gone and not new:
        parts.append("in another order")
    return "; ".join(parts)


def _types(specs: Mapping[str, TensorSpec]) -> dict[str, str]:
    return {name: str(spec) for name, spec in specs.items()}


def _parameter(parameter: Any) -> str:
    # A SavedModel's signature is called by name, so order and kind of parameters mean nothing.
    constraint = parameter.type_constraint
    shape, dtype = getattr(constraint, "shape", None), getattr(constraint, "dtype", None)
    if shape is None or dtype is None:
        return str(constraint)
    return f"{dtype.name}{[size if size is not None else 'any' for size in shape]}".replace("'", "")
