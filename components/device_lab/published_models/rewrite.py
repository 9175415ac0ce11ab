"""From one published .tflite file to the same network in other float formats, by rewriting the file.

The published files hold half-precision constants, each with a DEQUANTIZE operator after it. Widening them to
single precision changes no value; taking the mark ``reduced_precision_support`` away or putting it on changes
what XNNPACK computes in, and nothing else.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from components.device_lab.model_file import HALF_PRECISION, PRECISION_METADATA
from components.model_card import SIGNATURE_KEY

_IDENTIFIER = b"TFL3"


def marked(data: bytes, *, half: bool) -> bytes:
    """The file with half-precision arithmetic allowed, or not.

    The file is given the signature ``serving_default`` where it has none, by its tensors' names.
    """
    model = _read(data)
    _mark(model, half=half)
    return _write(model)


def widened(data: bytes) -> bytes:
    """The file in single precision: half-precision constants become single ones, no mark.

    The same values bit by bit, so the answers of both files in single precision are the same.
    """
    model = _read(data)
    for graph in model.subgraphs:
        graph.operators = [each for each in graph.operators if not _widen(model, graph, each)]
        _drop_unused_tensors(graph)
    _drop_unused_codes(model)
    # The published signatures, where there are any, name tensors by their old places.
    model.signatureDefs = []
    _mark(model, half=False)
    return _write(model)


def _widen(model: Any, graph: Any, operator: Any) -> bool:
    """Gives a DEQUANTIZE operator's output a constant of its own; False where there is nothing to widen."""
    code = model.operatorCodes[operator.opcodeIndex]
    if max(code.builtinCode, code.deprecatedBuiltinCode) != schema.BuiltinOperator.DEQUANTIZE:
        return False
    source, target = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    constant = model.buffers[source.buffer].data
    if source.type != schema.TensorType.FLOAT16 or constant is None or len(constant) == 0:
        return False
    values = np.frombuffer(bytes(constant), np.float16).astype(np.float32)
    target.buffer = _add_buffer(model, values.tobytes())
    return True


def _drop_unused_tensors(graph: Any) -> None:
    """Takes tensors away that no operator has: quantizers look at every one."""
    lists = [graph.inputs, graph.outputs]
    lists += [places for each in graph.operators for places in (each.inputs, each.outputs)]
    # -1 stands for an optional input that is not given.
    used = sorted({int(place) for places in lists for place in places} - {-1})
    new = {-1: -1, **{old: place for place, old in enumerate(used)}}
    graph.tensors = [graph.tensors[old] for old in used]
    graph.inputs, graph.outputs = ([new[int(old)] for old in places] for places in lists[:2])
    for each in graph.operators:
        each.inputs = [new[int(old)] for old in each.inputs]
        each.outputs = [new[int(old)] for old in each.outputs]


def _drop_unused_codes(model: Any) -> None:
    """Takes kinds of operators away that no operator is of."""
    operators = [each for graph in model.subgraphs for each in graph.operators]
    used = sorted({each.opcodeIndex for each in operators})
    model.operatorCodes = [model.operatorCodes[old] for old in used]
    for each in operators:
        each.opcodeIndex = used.index(each.opcodeIndex)


def _mark(model: Any, *, half: bool) -> None:
    model.metadata = [each for each in model.metadata or () if each.name != PRECISION_METADATA]
    if half:
        entry = schema.MetadataT()
        entry.name = PRECISION_METADATA
        entry.buffer = _add_buffer(model, HALF_PRECISION.encode())
        model.metadata.append(entry)


def _add_buffer(model: Any, data: bytes) -> int:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, np.uint8)
    model.buffers.append(buffer)
    return len(model.buffers) - 1


def _sign(model: Any) -> None:
    graph = model.subgraphs[0]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE_KEY, 0
    signature.inputs = [_tensor(graph, index) for index in graph.inputs]
    signature.outputs = [_tensor(graph, index) for index in graph.outputs]
    model.signatureDefs = [signature]


def _tensor(graph: Any, index: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = graph.tensors[index].name, index
    return tensor


def _read(data: bytes) -> Any:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    for code in model.operatorCodes:
        # Files of before 2020 have the old field only, which newer tools no longer look at.
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            # A batch that may have any size, says Objectron's; its kernels are made for one of 1.
            tensor.shapeSignature = None
    return model


def _write(model: Any) -> bytes:
    if not model.signatureDefs:
        _sign(model)
    # Constants that lost their last reader would still be written.
    used = {0, *(entry.buffer for entry in model.metadata)}
    used |= {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
