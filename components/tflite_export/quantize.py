"""Full 8-bit quantization that leaves those operators in single precision which 8 bits would ruin."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from tensorflow.lite.python.convert import mlir_quantize

_IDENTIFIER = b"TFL3"
_OPERATORS = {number: name for name, number in vars(schema.BuiltinOperator).items() if name.isupper()}
_SELECTS = ("SELECT", "SELECT_V2")
# They hand values on as they are.
_SHAPING = ("EXPAND_DIMS", "RESHAPE", "SLICE", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE")
_ACTIVATIONS = (
    "ELU",
    "GELU",
    "HARD_SWISH",
    "LEAKY_RELU",
    "LOGISTIC",
    "PRELU",
    "RELU",
    "RELU6",
    "SOFTMAX",
    "TANH",
)


def quantize(converter: tf.lite.TFLiteConverter) -> bytes:
    """Calibrates and quantizes; inputs and outputs stay as they are.

    The 256 values of a tensor are spread evenly over its range. Two patterns leave nothing of that:

    - A mask: where(allowed, logits, -30000) spends all values on the gap. A SELECT of a constant that lies
      further off than the other values are apart stays in single precision, and so does what takes its
      result.
    - A logarithm: log(x) spreads out the small values, which are all the same in 8 bits. LOG stays in single
      precision, and so does what comes before it, up to the last layer with an activation function.

    Everything else is quantized as ``converter.convert()`` does it.

    Args:
        converter: With optimizations and a representative data set.

    Returns:
        A TFLite file.
    """
    # What tf.lite.experimental.QuantizationDebugger does for a selective quantization.
    converter._experimental_calibrate_only = True
    content = read_model(converter.convert())
    kept: set[str] = set()
    for graph in content.subgraphs:
        kept |= _keep_in_float(content, graph)
    builder = flatbuffers.Builder(1024)
    builder.Finish(content.Pack(builder), _IDENTIFIER)
    data: bytes = mlir_quantize(bytes(builder.Output()), denylisted_nodes=sorted(kept))
    return data


def read_model(model: bytes) -> Any:
    """A TFLite file's content as a ``ModelT`` of the schema."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))


def operator_name(content: Any, operator: Any) -> str:
    """The kind of an operator, e.g. FULLY_CONNECTED."""
    code = content.operatorCodes[operator.opcodeIndex]
    # Files of old writers keep the number only in the field of one byte.
    name: str = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
    return name


def _keep_in_float(content: Any, graph: Any) -> set[str]:
    """Takes the ranges away from values that are not to be quantized.

    Returns:
        The operators that stay in single precision, by the names of their outputs.
    """
    operators = graph.operators
    kinds = [operator_name(content, operator) for operator in operators]
    made = {tensor: index for index, operator in enumerate(operators) for tensor in operator.outputs}
    masked: set[int] = set()
    kept: set[int] = set()
    # Operators come in the order in which they are computed.
    for index, operator in enumerate(operators):
        from_mask = any(made.get(tensor) in masked for tensor in operator.inputs)
        if (kinds[index] in _SELECTS and _is_mask(content, graph, operator)) or (
            from_mask and kinds[index] in _SHAPING
        ):
            masked.add(index)
        elif from_mask:
            kept.add(index)
    kept |= masked
    waiting = [index for index, kind in enumerate(kinds) if kind == "LOG"]
    while waiting:
        index = waiting.pop()
        kept.add(index)
        before = {made[tensor] for tensor in operators[index].inputs if tensor in made}
        waiting += [i for i in before - kept if not _activates(operators[i], kinds[i])]
    taken = {tensor for i, operator in enumerate(operators) if i not in kept for tensor in operator.inputs}
    outputs = {index: list(operators[index].outputs) for index in kept}
    for tensor in (tensor for index in kept for tensor in outputs[index] if tensor not in taken):
        # A range would be handed on to the operators before (MINIMUM, RESHAPE), which share it.
        graph.tensors[tensor].quantization = None
    return {graph.tensors[tensor].name.decode() for tensors in outputs.values() for tensor in tensors}


def _is_mask(content: Any, graph: Any, select: Any) -> bool:
    """Does it choose between values and a constant further from them than they are from each other?"""
    _, first, second = (graph.tensors[index] for index in select.inputs)
    for constant, other in ((first, second), (second, first)):
        data, seen = content.buffers[constant.buffer].data, other.quantization
        if data is None or constant.type != schema.TensorType.FLOAT32:
            continue
        if seen is None or seen.min is None or seen.max is None:
            return True
        values, low, high = np.frombuffer(bytes(data), np.float32), float(seen.min[0]), float(seen.max[0])
        if max(low - values.min(), values.max() - high) > high - low:
            return True
    return False


def _activates(operator: Any, kind: str) -> bool:
    fused = getattr(operator.builtinOptions, "fusedActivationFunction", schema.ActivationFunctionType.NONE)
    return kind in _ACTIVATIONS or fused != schema.ActivationFunctionType.NONE
