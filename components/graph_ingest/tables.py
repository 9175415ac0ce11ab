"""The graph that flows between steps: columns and adjacency as files that can be memory-mapped.

Layout of a ``GraphTables`` folder::

    graph.json                      names, sizes, features, task, content digest of the source
    schema.pbtxt                    the same as a TF-GNN GraphSchema
    nodes/<set>/ids.parquet         one column ``id``: the source's name of each node
    nodes/<set>/<feature>.npy       [nodes, ...] one row per node
    edges/<set>/{out,in}_indptr.npy     int64 [nodes + 1], by source / by target
    edges/<set>/{out,in}_indices.npy    int32 [edges]
    task/labels.npy                 int32 [nodes of the task's set], -1 = no label
    task/split.npy                  int8  [same], 0 train, 1 valid, 2 test, -1 none
    task/group.npy                  int32 [same], nodes of one group are never split apart
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from components.graph_ingest.csr import Csr, IntArray, build_csr
from noria.errors import DataError
from noria.files import read_json, write_json

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class NodeSet:
    """``size`` nodes of one kind; each feature is an array [size, ...]."""

    size: int
    features: Mapping[str, npt.NDArray[Any]]
    ids: pa.Array | None = None


@dataclass(frozen=True)
class EdgeSet:
    """Edges of one kind between two node sets, readable in both directions."""

    source: str
    target: str
    out: Csr
    into: Csr

    @property
    def size(self) -> int:
        """Number of edges."""
        return len(self.out.indices)


@dataclass(frozen=True)
class NodeTask:
    """What is to be predicted for the nodes of one set.

    Attributes:
        node_set: The set whose nodes carry the label.
        classes: The label's names; ``labels`` index it.
        labels: int32 [nodes], -1 where there is none.
        split: int8 [nodes], an index into SPLITS, -1 where the node takes no part.
        group: int32 [nodes]; siblings (e.g. packages built from one source) share a number and a split.
    """

    node_set: str
    classes: tuple[str, ...]
    labels: IntArray
    split: IntArray
    group: IntArray

    def nodes(self, split: str) -> IntArray:
        """Node numbers of ``train``, ``valid`` or ``test``, ascending."""
        return np.flatnonzero(self.split == SPLITS.index(split))


@dataclass(frozen=True)
class Graph:
    """A heterogeneous graph with one node classification task."""

    node_sets: Mapping[str, NodeSet]
    edge_sets: Mapping[str, EdgeSet]
    task: NodeTask
    source_digest: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Graph:
        """Opens a GraphTables folder; arrays are memory-mapped, nothing is read until it is used.

        Raises:
            DataError: The folder is no GraphTables folder.
        """
        if not (folder / "graph.json").is_file():
            raise DataError(f"{folder} holds no graph.json", hint="give the output folder of graph_ingest")
        meta = read_json(folder / "graph.json")
        nodes = {
            name: NodeSet(
                size=entry["size"],
                features={f: _map(folder / "nodes" / name / f"{f}.npy") for f in entry["features"]},
                ids=_ids(folder / "nodes" / name / "ids.parquet"),
            )
            for name, entry in meta["node_sets"].items()
        }
        edges = {
            name: EdgeSet(
                entry["source"],
                entry["target"],
                *(
                    Csr(
                        _map(folder / "edges" / name / f"{way}_indptr.npy"),
                        _map(folder / "edges" / name / f"{way}_indices.npy"),
                    )
                    for way in ("out", "in")
                ),
            )
            for name, entry in meta["edge_sets"].items()
        }
        task = NodeTask(
            meta["task"]["node_set"],
            tuple(meta["task"]["classes"]),
            *(_map(folder / "task" / f"{column}.npy") for column in ("labels", "split", "group")),
        )
        return cls(nodes, edges, task, meta["source_digest"], meta["notes"])

    def save(self, folder: Path) -> None:
        """Writes the folder that ``load`` reads; ``graph.json`` comes last."""
        for name, nodes in self.node_sets.items():
            target = folder / "nodes" / name
            target.mkdir(parents=True, exist_ok=True)
            for feature, values in nodes.features.items():
                np.save(target / f"{feature}.npy", values)
            if nodes.ids is not None:
                pq.write_table(pa.table({"id": nodes.ids}), target / "ids.parquet")
        for name, edges in self.edge_sets.items():
            target = folder / "edges" / name
            target.mkdir(parents=True, exist_ok=True)
            for way, csr in (("out", edges.out), ("in", edges.into)):
                np.save(target / f"{way}_indptr.npy", csr.indptr)
                np.save(target / f"{way}_indices.npy", csr.indices)
        (folder / "task").mkdir(exist_ok=True)
        np.save(folder / "task" / "labels.npy", self.task.labels.astype(np.int32))
        np.save(folder / "task" / "split.npy", self.task.split.astype(np.int8))
        np.save(folder / "task" / "group.npy", self.task.group.astype(np.int32))
        write_json(folder / "graph.json", self._describe())

    def _describe(self) -> dict[str, Any]:
        return {
            "node_sets": {
                name: {
                    "size": nodes.size,
                    "features": {
                        f: {"dtype": str(v.dtype), "shape": list(v.shape[1:])}
                        for f, v in nodes.features.items()
                    },
                }
                for name, nodes in self.node_sets.items()
            },
            "edge_sets": {
                name: {"source": e.source, "target": e.target, "size": e.size}
                for name, e in self.edge_sets.items()
            },
            "task": {"node_set": self.task.node_set, "classes": list(self.task.classes)},
            "source_digest": self.source_digest,
            "notes": dict(self.notes),
        }


def edge_set(source: str, target: str, pairs: tuple[IntArray, IntArray], sizes: tuple[int, int]) -> EdgeSet:
    """Builds both directions of an edge set.

    Args:
        source: Node set at the tail.
        target: Node set at the head.
        pairs: (tails, heads), each [edges], node numbers.
        sizes: Number of nodes of the source and of the target set.
    """
    tails, heads = pairs
    return EdgeSet(source, target, build_csr(tails, heads, sizes[0]), build_csr(heads, tails, sizes[1]))


def _map(path: Path) -> npt.NDArray[Any]:
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def _ids(path: Path) -> pa.Array | None:
    return pq.read_table(path, memory_map=True)["id"].combine_chunks() if path.is_file() else None
