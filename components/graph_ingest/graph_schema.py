"""TF-GNN's GraphSchema as text, read and written without importing TensorFlow."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from components.graph_ingest.tables import Graph
from noria.errors import DataError

SCHEMA = "schema.pbtxt"
_NAMES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "int64": "DT_INT64"}


def read_schema(folder: Path) -> Any:
    """Parses ``folder/schema.pbtxt`` into a GraphSchema message.

    Raises:
        DataError: The file is missing or is no GraphSchema in text form.
    """
    from google.protobuf import text_format

    path = folder / SCHEMA
    if not path.is_file():
        raise DataError(f"{folder} holds no {SCHEMA}", hint="docs/graphs.md shows how to write one")
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), _messages().GraphSchema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no TF-GNN GraphSchema: {error}") from None


def schema_text(graph: Graph) -> str:
    """The graph's node and edge sets with their features' types and shapes as a GraphSchema in text form."""
    from google.protobuf import text_format

    messages = _messages()
    schema = messages.GraphSchema()
    for name, nodes in graph.node_sets.items():
        schema.node_sets[name].metadata.cardinality = nodes.size
        for feature, values in nodes.features.items():
            entry = schema.node_sets[name].features[feature]
            entry.dtype = _data_type(_NAMES[values.dtype.name])
            for size in values.shape[1:]:
                entry.shape.dim.add().size = size
    for name, edges in graph.edge_sets.items():
        schema.edge_sets[name].source = edges.source
        schema.edge_sets[name].target = edges.target
        schema.edge_sets[name].metadata.cardinality = edges.size
    return str(text_format.MessageToString(schema))


def is_text(feature: Any) -> bool:
    """Whether a Feature message is of strings."""
    return bool(feature.dtype == _data_type("DT_STRING"))


def numeric_dtype(feature: Any) -> np.dtype[Any]:
    """What a numeric Feature message is stored as: float32, int32 or int64.

    Raises:
        DataError: The type is neither a number nor a truth value.
    """
    stored = {"DT_INT32": "int32", "DT_INT64": "int64"}
    stored |= dict.fromkeys(("DT_FLOAT", "DT_DOUBLE", "DT_BOOL"), "float32")
    for name, dtype in stored.items():
        if feature.dtype == _data_type(name):
            return np.dtype(dtype)
    known = ", ".join(["DT_STRING", *stored])
    raise DataError(f"{SCHEMA}: a feature's dtype is number {feature.dtype}; expected one of {known}")


def feature_shape(feature: Any) -> tuple[int, ...]:
    """Shape of one node's value.

    Raises:
        DataError: A dimension is not fixed.
    """
    shape = tuple(dim.size for dim in feature.shape.dim)
    if any(size < 1 for size in shape):
        raise DataError(f"{SCHEMA}: a feature has shape {shape}; only fixed-length vectors are read")
    return shape


@cache
def _data_type(name: str) -> int:
    with _tensorflow_protos():
        types = importlib.import_module("tensorflow.core.framework.types_pb2")
    return int(types.DataType.Value(name))


@cache
def _messages() -> ModuleType:
    with _tensorflow_protos():
        package = importlib.util.find_spec("tensorflow_gnn")
        assert package is not None
        assert package.origin is not None
        path = Path(package.origin).with_name("proto") / "graph_schema_pb2.py"
        spec = importlib.util.spec_from_file_location("_graph_schema_pb2", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@contextmanager
def _tensorflow_protos() -> Iterator[None]:
    """Makes TensorFlow's protos importable; its own ``__init__``, which takes seconds, is not run.

    An empty package with TensorFlow's folder as its path stands in and is taken away afterwards, so that
    a later ``import tensorflow`` finds nothing of it.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    found = importlib.util.find_spec("tensorflow")
    assert found is not None
    stand_in = ModuleType("tensorflow")
    stand_in.__path__ = list(found.submodule_search_locations or [])
    sys.modules["tensorflow"] = stand_in
    try:
        yield
    finally:
        for name in [n for n in sys.modules if n == "tensorflow" or n.startswith("tensorflow.")]:
            del sys.modules[name]
