"""The Open Graph Benchmark's folders of one-graph node classification: ogbn-arxiv, ogbn-mag and their like.

A data set with one kind of node (ogbn-arxiv)::

    raw/edge.csv.gz                 two columns: tail, head
    raw/node-feat.csv.gz            one row per node (optional)
    raw/node-label.csv.gz
    raw/num-node-list.csv.gz        the number of nodes
    split/<scheme>/{train,valid,test}.csv.gz

and with several (ogbn-mag)::

    raw/num-node-dict.csv.gz        header: kinds of nodes; one row: their numbers
    raw/triplet-type-list.csv.gz    rows: kind of tail, relation, kind of head
    raw/relations/<tail>___<relation>___<head>/edge.csv.gz
    raw/node-feat/<kind>/node-feat.csv.gz    (optional)
    raw/node-label/<kind>/node-label.csv.gz
    split/<scheme>/<kind>/{train,valid,test}.csv.gz

All CSV without a header line unless said otherwise; nodes are numbered from 0. Layout:
https://github.com/snap-stanford/ogb/blob/master/ogb/io/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.graph_ingest.csr import IntArray
from components.graph_ingest.feature_columns import Column, feature_array
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.tables import SPLITS, EdgeSet, NodeSet, edge_set
from components.table_files import column_names, read_bare_csv, read_columns
from noria.errors import DataError, first_few

_LONE_KIND = "node"
_LONE_RELATION = "edge"


def ogb_graph(folder: Path) -> SourceGraph:
    """Reads a data set's folder: feature ``feat`` float32 [nodes, d] where there is one, its own split.

    Edges keep the direction of the files; both directions can be read from any edge set.

    Raises:
        DataError: A file is missing, damaged, or does not fit the others.
    """
    raw = folder / "raw"
    if not raw.is_dir():
        raise DataError(f"{folder} has no folder raw/", hint="give OGB's own folder, e.g. dataset/ogbn_mag")
    several = (raw / "num-node-dict.csv.gz").is_file()
    sizes = _sizes_by_kind(raw) if several else {_LONE_KIND: _lone_size(raw)}
    features = {
        kind: raw / "node-feat" / kind / "node-feat.csv.gz" if several else raw / "node-feat.csv.gz"
        for kind in sizes
    }
    labels, kind = _label_file(raw, list(sizes)) if several else (raw / "node-label.csv.gz", _LONE_KIND)
    parts = _split_folder(folder) / kind if several else _split_folder(folder)
    values = read_bare_csv(labels, pa.int64())["f0"].combine_chunks()
    if len(values) != sizes[kind]:
        raise DataError(f"{labels} has {len(values)} rows, expected one per {kind}: {sizes[kind]}")
    return SourceGraph(
        node_sets={k: NodeSet(size, _features(features[k], size)) for k, size in sizes.items()},
        edge_sets=_relations(raw, sizes) if several else _lone_relation(raw, sizes[_LONE_KIND]),
        node_set=kind,
        labels=values,
        group=np.arange(sizes[kind], dtype=np.int32),
        split=_split(parts, sizes[kind]),
        origin=str(labels),
    )


def _sizes_by_kind(raw: Path) -> dict[str, int]:
    path = raw / "num-node-dict.csv.gz"
    table = read_columns(path, dict.fromkeys(column_names(path), pa.int64()))
    if table.num_rows != 1:
        raise DataError(f"{path} describes {table.num_rows} graphs; only data sets of one graph are read")
    return {kind: table[kind][0].as_py() for kind in sorted(table.column_names)}


def _lone_size(raw: Path) -> int:
    path = raw / "num-node-list.csv.gz"
    counts = read_bare_csv(path, pa.int64())["f0"]
    if len(counts) != 1:
        raise DataError(f"{path} describes {len(counts)} graphs; only data sets of one graph are read")
    return int(counts[0].as_py())


def _label_file(raw: Path, kinds: list[str]) -> tuple[Path, str]:
    found = [(raw / "node-label" / kind / "node-label.csv.gz", kind) for kind in kinds]
    found = [(path, kind) for path, kind in found if path.is_file()]
    if len(found) != 1:
        raise DataError(
            f"{raw / 'node-label'}: expected the labels of one kind of node, found {[k for _, k in found]}"
        )
    return found[0]


def _split_folder(folder: Path) -> Path:
    schemes = sorted(path for path in (folder / "split").glob("*") if path.is_dir())
    if len(schemes) != 1:
        raise DataError(f"{folder / 'split'}: expected one split, found {[path.name for path in schemes]}")
    return schemes[0]


def _split(folder: Path, size: int) -> npt.NDArray[np.int8]:
    split = np.full(size, -1, np.int8)
    for number, name in enumerate(SPLITS):
        path = folder / f"{name}.csv.gz"
        nodes = read_bare_csv(path, pa.int64())["f0"].to_numpy()
        _require_nodes(nodes, size, str(path))
        again = nodes[split[nodes] >= 0]
        if len(again):
            raise DataError(f"{path}: {len(again)} nodes are in an earlier split too: {first_few(again)}")
        split[nodes] = number
    return split


def _features(path: Path, size: int) -> Mapping[str, npt.NDArray[Any]]:
    if not path.is_file():
        return {}
    table = read_bare_csv(path)
    if table.num_rows != size:
        raise DataError(f"{path} has {table.num_rows} rows, expected one per node: {size}")
    rows = pa.array(np.arange(size))
    column = Column(str(path), rows, np.dtype(np.float32), (table.num_columns,), zero_missing=False)
    return {"feat": feature_array(column, table.columns)[0]}


def _relations(raw: Path, sizes: Mapping[str, int]) -> dict[str, EdgeSet]:
    path = raw / "triplet-type-list.csv.gz"
    triplets = read_bare_csv(path, pa.string()).to_pylist()
    edge_sets: dict[str, EdgeSet] = {}
    names = [triplet["f1"] for triplet in triplets]
    for triplet in triplets:
        tail, relation, head = (str(triplet[f"f{i}"]) for i in range(3))
        for kind in (tail, head):
            if kind not in sizes:
                raise DataError(f"{path}: no kind of node {kind!r}; known: {', '.join(sizes)}")
        # Two relations may share a name between other kinds of nodes.
        name = relation if names.count(relation) == 1 else f"{tail}_{relation}_{head}"
        edges = raw / "relations" / f"{tail}___{relation}___{head}" / "edge.csv.gz"
        edge_sets[name] = _edge_set(edges, (tail, head), (sizes[tail], sizes[head]))
    return edge_sets


def _lone_relation(raw: Path, size: int) -> dict[str, EdgeSet]:
    return {_LONE_RELATION: _edge_set(raw / "edge.csv.gz", (_LONE_KIND, _LONE_KIND), (size, size))}


def _edge_set(path: Path, kinds: tuple[str, str], sizes: tuple[int, int]) -> EdgeSet:
    table = read_bare_csv(path, pa.int64())
    if table.num_columns != 2:
        raise DataError(f"{path} has {table.num_columns} columns, expected 2: tail, head")
    tails, heads = (table[f"f{i}"].to_numpy() for i in range(2))
    for ends, size in ((tails, sizes[0]), (heads, sizes[1])):
        _require_nodes(ends, size, str(path))
    return edge_set(kinds[0], kinds[1], (tails, heads), sizes)


def _require_nodes(numbers: IntArray, size: int, origin: str) -> None:
    wrong = numbers[(numbers < 0) | (numbers >= size)]
    if len(wrong):
        raise DataError(
            f"{origin}: {len(wrong)} entries name a node that does not exist (there are {size}): "
            f"{first_few(wrong)}"
        )
