"""One node set of a schema: ids, features and the task's columns out of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.graph_ingest.config import GraphIngestConfig, TextFeature
from components.graph_ingest.feature_columns import Column, feature_array, vocabulary_ids
from components.graph_ingest.graph_schema import feature_shape, is_text, numeric_dtype
from components.graph_ingest.id_lookup import IdLookup
from components.graph_ingest.tables import NodeSet
from components.graph_ingest.text_features import BUCKETS, hash_texts, padded_ids, text_vectors
from components.table_files import column_names, read_columns
from noria.errors import DataError


@dataclass(frozen=True)
class NodeTable:
    """One node set as read.

    Attributes:
        nodes: Size, ids and features.
        lookup: Row numbers by id.
        columns: The task's columns, by name; empty for other node sets.
        vocabularies: Per integer feature the number of ids, 0 (= nothing there) included.
        missing: Per feature the number of nodes whose value was missing.
    """

    nodes: NodeSet
    lookup: IdLookup
    columns: Mapping[str, pa.Array]
    vocabularies: Mapping[str, int]
    missing: Mapping[str, int]


def read_node_table(
    name: str, files: Sequence[Path], entry: Any, config: GraphIngestConfig, task_columns: Mapping[str, str]
) -> NodeTable:
    """Reads a node set.

    Args:
        name: The node set.
        files: Its files, all with the same columns.
        entry: The schema's NodeSet message.
        config: Text settings, and what to do about missing values.
        task_columns: The label's, group's and split's columns; label and split never become features.

    Raises:
        DataError: A file is damaged or lacks a column, an id is there twice, a value does not fit.
    """
    hidden = {"id", task_columns.get("label"), task_columns.get("split")}
    features = {n: f for n, f in sorted(entry.features.items()) if (f.source or n) not in hidden}
    parts = {n: _columns_of(n, f, column_names(files[0])) for n, f in features.items()}
    types: dict[str, pa.DataType | None] = {"id": pa.string()}
    types |= dict.fromkeys(task_columns.values())
    for feature, columns in parts.items():
        types |= dict.fromkeys(columns, _csv_type(features[feature], len(columns)))
    table = _read_all(files, types)
    lookup = IdLookup(table["id"], _origin(files))
    arrays: dict[str, npt.NDArray[Any]] = {}
    vocabularies: dict[str, int] = {}
    missing: dict[str, int] = {}
    for feature, entry_ in features.items():
        if is_text(entry_):
            if entry_.shape.dim:
                raise DataError(
                    f"{_origin(files)}: feature {feature!r}: only single texts are read, no vectors"
                )
            settings = config.text.get(name, {}).get(feature, TextFeature())
            column = table[parts[feature][0]].cast(pa.large_string())
            words = hash_texts(column.to_pylist())
            arrays[feature] = text_vectors(words, settings)
            missing[feature] = int(np.sum(np.diff(words.offsets) == 0))
            if settings.words:
                arrays[f"{feature}_words"] = padded_ids(words, settings.words)
                vocabularies[f"{feature}_words"] = BUCKETS
            continue
        wanted = Column(
            origin=f"{_origin(files)}: feature {feature!r}",
            ids=lookup.ids,
            dtype=numeric_dtype(entry_),
            shape=feature_shape(entry_),
            zero_missing=config.source.missing == "zero",
        )
        arrays[feature], missing[feature] = feature_array(wanted, [table[c] for c in parts[feature]])
        if wanted.dtype.kind == "i":
            arrays[feature], vocabularies[feature] = vocabulary_ids(arrays[feature], wanted)
    return NodeTable(
        nodes=NodeSet(len(lookup.ids), arrays, lookup.ids),
        lookup=lookup,
        columns={column: table[column].combine_chunks() for column in task_columns.values()},
        vocabularies=vocabularies,
        missing={feature: count for feature, count in missing.items() if count},
    )


def _columns_of(name: str, feature: Any, present: list[str]) -> list[str]:
    """A vector is one column, or as many as it is long, numbered from 0: f_0, f_1, ..."""
    column = feature.source or name
    width = int(np.prod(feature_shape(feature)))
    numbered = [f"{column}_{i}" for i in range(width)]
    return numbered if column not in present and numbered[0] in present else [column]


def _csv_type(feature: Any, columns: int) -> pa.DataType:
    if is_text(feature) or (columns == 1 and feature_shape(feature)):
        return pa.string()
    return pa.int64() if numeric_dtype(feature).kind == "i" else pa.float64()


def _read_all(files: Sequence[Path], types: Mapping[str, pa.DataType | None]) -> pa.Table:
    tables = [read_columns(file, types) for file in files]
    try:
        return pa.concat_tables(tables, promote_options="permissive") if len(tables) > 1 else tables[0]
    except pa.ArrowException as error:
        raise DataError(f"{_origin(files)}: their columns are of different types: {error}") from error


def _origin(files: Sequence[Path]) -> str:
    return str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
