"""Any graph: a folder with a TF-GNN ``schema.pbtxt`` whose node and edge sets name CSV or Parquet files.

docs/graphs.md describes the files for those who write them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.graph_schema import SCHEMA, is_text, read_schema
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.sources.node_table import NodeTable, read_node_table
from components.graph_ingest.sources.task_columns import group_numbers, label_values, split_numbers
from components.graph_ingest.tables import EdgeSet, edge_set
from components.table_files import column_names, matching_files, read_columns
from noria.errors import ConfigError, DataError


def schema_graph(folder: Path, config: GraphIngestConfig) -> SourceGraph:
    """Reads the folder's graph.

    Raises:
        DataError: A file is missing, damaged or does not fit the schema.
        ConfigError: The task or a text setting names a node set or feature that there is not.
    """
    schema = read_schema(folder)
    task = config.task
    if task.node_set not in schema.node_sets:
        raise ConfigError(_unknown("task.node_set", task.node_set, list(schema.node_sets), folder / SCHEMA))
    _require_text_features(schema, config)
    files = {name: _files(folder, "node", name, entry) for name, entry in schema.node_sets.items()}
    columns = _task_columns(config, files[task.node_set][0])
    nodes = {
        name: read_node_table(name, files[name], entry, config, columns if name == task.node_set else {})
        for name, entry in sorted(schema.node_sets.items())
    }
    table = nodes[task.node_set]
    origin = str(files[task.node_set][0])
    return SourceGraph(
        node_sets={name: part.nodes for name, part in nodes.items()},
        edge_sets={
            name: _edge_set(folder, name, entry, nodes) for name, entry in sorted(schema.edge_sets.items())
        },
        node_set=task.node_set,
        labels=label_values(table.columns[task.label], f"{origin}: column {task.label!r}"),
        group=group_numbers(table.columns[task.group]) if task.group else np.arange(table.nodes.size),
        split=split_numbers(table.columns[columns["split"]], origin) if "split" in columns else None,
        origin=origin,
        vocabularies={name: part.vocabularies for name, part in nodes.items() if part.vocabularies},
        notes={
            "missing": {name: part.missing for name, part in nodes.items() if part.missing},
            "edge_features_not_read": {
                n: sorted(e.features) for n, e in schema.edge_sets.items() if e.features
            },
        },
    )


def _files(folder: Path, kind: str, name: str, entry: Any) -> list[Path]:
    pattern = entry.metadata.filename
    if not pattern:
        raise DataError(
            f"{folder / SCHEMA}: {kind} set {name!r} names no file (metadata {{ filename: ... }})"
        )
    try:
        return matching_files(folder, pattern)
    except DataError as error:
        raise DataError(f"{folder / SCHEMA}: {kind} set {name!r}: {error.message}") from None


def _task_columns(config: GraphIngestConfig, file: Path) -> dict[str, str]:
    columns = {"label": config.task.label}
    if config.task.group:
        columns["group"] = config.task.group
    if config.split.column is not None:
        columns["split"] = config.split.column
    elif "split" in column_names(file):
        columns["split"] = "split"
    return columns


def _edge_set(folder: Path, name: str, entry: Any, nodes: Mapping[str, NodeTable]) -> EdgeSet:
    for end in (entry.source, entry.target):
        if end not in nodes:
            raise DataError(_unknown(f"edge set {name!r}", end, list(nodes), folder / SCHEMA))
    files = _files(folder, "edge", name, entry)
    parts = [read_columns(file, {"source": pa.string(), "target": pa.string()}) for file in files]
    tails, heads = (
        np.concatenate(
            [
                nodes[node_set].lookup.numbers(
                    part[column], f"{file}: column {column!r}, node set {node_set!r}"
                )
                for file, part in zip(files, parts, strict=True)
            ]
        )
        for column, node_set in (("source", entry.source), ("target", entry.target))
    )
    sizes = (nodes[entry.source].nodes.size, nodes[entry.target].nodes.size)
    return edge_set(entry.source, entry.target, (tails, heads), sizes)


def _require_text_features(schema: Any, config: GraphIngestConfig) -> None:
    for node_set, features in config.text.items():
        known = schema.node_sets[node_set].features if node_set in schema.node_sets else {}
        text = [name for name, feature in known.items() if is_text(feature)]
        for name in features:
            if name not in text:
                raise ConfigError(f"text.{node_set}.{name}: the schema's text features there are {text}")


def _unknown(what: str, got: str, known: list[str], path: Path) -> str:
    close = difflib.get_close_matches(got, known, n=1)
    tail = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known))}"
    return f"{what}: {path} has no node set {got!r}; {tail}"
