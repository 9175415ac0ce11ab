"""What a TFLite file takes, gives and needs, and whether a device can run it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from components.model_card import SIGNATURE_KEY
from components.model_samples import Arrays
from noria.errors import DataError, NoriaError, first_few

PRECISION_METADATA = b"reduced_precision_support"
# The value that lets processors with half precision compute in it.
HALF_PRECISION = "fp16accfp16"
_IDENTIFIER = b"TFL3"
_WEB_TYPES = ("float32", "int32")
_OPERATORS = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}


@dataclass(frozen=True)
class FileTensor:
    """An input or an output.

    Attributes:
        shape: Every dimension, the batch included; -1: not fixed.
        dtype: numpy's name of the type.
        quantized: Whether integers stand for real numbers (a scale is given).
        tensor: Its name in the graph, which a file without signatures is called by.
    """

    shape: tuple[int, ...]
    dtype: str
    quantized: bool
    tensor: str

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join('?' if size < 0 else str(size) for size in self.shape)}]"


@dataclass(frozen=True)
class ModelFileFacts:
    """A file that could be read.

    Attributes:
        bytes: Its size.
        inputs: By name: the signature's, else the tensors'.
        outputs: The same.
        signature: ``serving_default``, else the only signature that there is; None where there is none.
        operators: Every kind of built-in operator in it, sorted.
        custom_operators: Operators that are not TFLite's own; ``Flex...``: TensorFlow's.
        unsupported: Why it cannot run at all (operators that LiteRT lacks); empty where it can.
        precision: Value of the metadata ``reduced_precision_support``; None: single precision.
        constants: Bytes of constants per type, e.g. {"float16": 51000}; small ones count too.
    """

    bytes: int
    inputs: dict[str, FileTensor]
    outputs: dict[str, FileTensor]
    signature: str | None
    operators: tuple[str, ...]
    custom_operators: tuple[str, ...]
    unsupported: str
    precision: str | None
    constants: dict[str, int]

    @property
    def marked_for_half(self) -> bool:
        """Whether a processor with half precision is told to compute in it."""
        return self.precision == HALF_PRECISION


def inspect_file(model: bytes, origin: str = "the file") -> ModelFileFacts:
    """Reads a file without running it.

    Args:
        model: The bytes.
        origin: What messages call it.

    Raises:
        DataError: It is not a TFLite file, is cut off or damaged, or has several signatures and none is
            ``serving_default``.
    """
    if model[4:8] != _IDENTIFIER:
        raise DataError(
            f"{origin} is not a TFLite file: its bytes 4 to 7 are {model[4:8]!r}, expected {_IDENTIFIER!r}",
            hint="give a .tflite file, e.g. the artifact tflite of a run",
        )
    try:
        interpreter = Interpreter(
            model_content=model,
            num_threads=1,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
    except ValueError as error:
        if "Flatbuffer" in str(error):
            raise DataError(
                f"{origin} is damaged or cut off: {len(model)} bytes are not a whole TFLite file",
                hint="copy or download it again, and compare the sizes",
            ) from None
        raise DataError(f"LiteRT cannot read {origin}: {_one_line(error)}") from None
    content = schema.Model.GetRootAs(model, 0)
    builtin, custom = _operators(content)
    signature = _signature(list(interpreter.get_signature_list()), origin)
    return ModelFileFacts(
        bytes=len(model),
        inputs=_tensors(interpreter, signature, "input"),
        outputs=_tensors(interpreter, signature, "output"),
        signature=signature,
        operators=builtin,
        custom_operators=custom,
        unsupported=_unsupported(interpreter, custom),
        precision=_precision(content),
        constants=_constants(content),
    )


def check_runnable(facts: ModelFileFacts, origin: str = "the file") -> None:
    """Raises NoriaError where no device can run a file: unsupported operators, shapes that are not fixed."""
    if facts.unsupported:
        raise NoriaError(
            f"{origin} cannot run: {facts.unsupported}",
            hint="convert the model with built-in operators only (TFLITE_BUILTINS)",
        )
    if loose := [
        f"{name}: {tensor}" for name, tensor in facts.inputs.items() if min(tensor.shape, default=0) < 0
    ]:
        raise NoriaError(
            f"{origin} has inputs whose shape is not fixed: {first_few(loose)}",
            hint="export with an input signature that fixes every dimension, the batch included",
        )


def check_web(facts: ModelFileFacts, origin: str = "the file") -> None:
    """Raises NoriaError where LiteRT's web runtime cannot run a file that other devices can."""
    check_runnable(facts, origin)
    tensors = {**facts.inputs, **facts.outputs}
    if other := [f"{name}: {tensor}" for name, tensor in tensors.items() if tensor.dtype not in _WEB_TYPES]:
        raise NoriaError(
            f"a web page cannot run {origin}: LiteRT's web runtime takes and gives float32 and int32, "
            f"the file has {first_few(other)}",
            hint="cast to float32 or int32 inside the exported signature",
        )
    if facts.custom_operators:
        # The runtime would not complain: it answers what lay in its memory.
        raise NoriaError(
            f"a web page cannot run {origin}: LiteRT's web runtime has built-in operators only, "
            f"the file needs {first_few(facts.custom_operators)}"
        )


def check_inputs(facts: ModelFileFacts, examples: Arrays) -> None:
    """Raises DataError unless examples, input name to [examples, *shape], are what a file takes."""
    if examples.keys() != facts.inputs.keys():
        raise DataError(f"the samples hold {sorted(examples)}, the file's inputs are {sorted(facts.inputs)}")
    for name, tensor in facts.inputs.items():
        array = examples[name]
        if array.shape[1:] != tensor.shape or array.ndim != len(tensor.shape) + 1:
            expected = ", ".join(["samples", *map(str, tensor.shape)])
            raise DataError(f"samples of {name!r}: expected shape [{expected}], got {list(array.shape)}")
        if array.dtype != np.dtype(tensor.dtype):
            raise DataError(f"samples of {name!r}: expected {tensor.dtype}, got {array.dtype}")
    lengths = {name: len(array) for name, array in examples.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise DataError(f"samples need one equal, positive number per input, got {lengths}")


def _signature(keys: list[str], origin: str) -> str | None:
    if SIGNATURE_KEY in keys:
        return SIGNATURE_KEY
    if len(keys) > 1:
        raise DataError(
            f"{origin} has the signatures {first_few(sorted(keys))}; which one is meant?",
            hint=f"export one signature, or call one {SIGNATURE_KEY}",
        )
    return keys[0] if keys else None


def _tensors(interpreter: Interpreter, signature: str | None, side: str) -> dict[str, FileTensor]:
    if signature is not None:
        runner = interpreter.get_signature_runner(signature)
        details: dict[str, dict[str, Any]] = getattr(runner, f"get_{side}_details")()
    else:
        details = {entry["name"]: entry for entry in getattr(interpreter, f"get_{side}_details")()}
    return {name: _tensor(entry) for name, entry in details.items()}


def _tensor(details: dict[str, Any]) -> FileTensor:
    loose = details["shape_signature"]
    return FileTensor(
        shape=tuple(int(size) for size in (loose if len(loose) else details["shape"])),
        dtype=np.dtype(details["dtype"]).name,
        quantized=len(details["quantization_parameters"]["scales"]) > 0,
        tensor=details["name"],
    )


def _operators(content: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    builtin, custom = set(), set()
    for index in range(content.OperatorCodesLength()):
        entry = content.OperatorCodes(index)
        # Old files have the code in a field of one byte.
        code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
        if code == schema.BuiltinOperator.CUSTOM:
            custom.add((entry.CustomCode() or b"?").decode(errors="replace"))
        else:
            builtin.add(_OPERATORS.get(code, str(code)))
    return tuple(sorted(builtin)), tuple(sorted(custom))


def _unsupported(interpreter: Interpreter, custom: tuple[str, ...]) -> str:
    try:
        interpreter.allocate_tensors()
    except RuntimeError as error:
        if "custom op" in str(error) or "TF ops" in str(error) or "Flex" in str(error):
            return f"LiteRT has no operator {first_few(custom)}"
        return _one_line(error)
    return ""


def _precision(content: Any) -> str | None:
    for index in range(content.MetadataLength()):
        entry = content.Metadata(index)
        if entry.Name() == PRECISION_METADATA:
            data = content.Buffers(entry.Buffer())
            return bytes(data.DataAsNumpy()).rstrip(b"\0").decode() if data.DataLength() else ""
    return None


def _constants(content: Any) -> dict[str, int]:
    names = {code: name.lower() for name, code in vars(schema.TensorType).items() if name.isupper()}
    sizes: dict[str, int] = {}
    for graph in (content.Subgraphs(index) for index in range(content.SubgraphsLength())):
        for tensor in (graph.Tensors(index) for index in range(graph.TensorsLength())):
            size = content.Buffers(tensor.Buffer()).DataLength()
            if size:
                kind = names.get(tensor.Type(), str(tensor.Type()))
                sizes[kind] = sizes.get(kind, 0) + size
    return sizes


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:500]
