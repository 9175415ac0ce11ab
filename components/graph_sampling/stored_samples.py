"""Sampled subgraphs on disk: flat columns with offsets, memory-mapped, read in any order.

Layout of one split's folder::

    seeds.npy                              int32 [samples]
    <set>.nodes.npy, <set>.node_offsets.npy    int32 [total], int64 [samples + 1]
    <set>.source.npy, <set>.target.npy, <set>.edge_offsets.npy
                                           int32 [total] positions within the sample, int64 [samples + 1]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_sampling.growing_array import GrowingArray
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import SampledAdjacency, SampledNodes, Subgraphs, starts_of

Int64s = npt.NDArray[np.int64]


def write_samples(folder: Path, spec: SamplingSpec, batches: Iterable[Subgraphs]) -> int:
    """Appends batches to a split's folder as they come; memory use is one batch.

    Returns:
        The number of samples written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    node_columns = [f"{name}.{part}" for name in spec.node_sets for part in ("nodes", "node_sizes")]
    edge_columns = [
        f"{name}.{part}" for name in spec.edge_sets for part in ("source", "target", "edge_sizes")
    ]
    with ExitStack() as stack:
        files = {
            column: stack.enter_context(GrowingArray(folder / f"{column}.npy", np.dtype(np.int32)))
            for column in ("seeds", *node_columns, *edge_columns)
        }
        for batch in batches:
            files["seeds"].append(batch.seeds)
            for name, nodes in batch.nodes.items():
                files[f"{name}.nodes"].append(nodes.nodes)
                files[f"{name}.node_sizes"].append(nodes.sizes)
            for name, edges in batch.edges.items():
                ends = spec.edge_sets[name]
                for part, node_set, positions in (
                    ("source", ends.source, edges.source),
                    ("target", ends.target, edges.target),
                ):
                    first = starts_of(batch.nodes[node_set].sizes)
                    local = positions - np.repeat(first, edges.sizes)
                    files[f"{name}.{part}"].append(local.astype(np.int32))
                files[f"{name}.edge_sizes"].append(edges.sizes)
    for column in (*node_columns, *edge_columns):
        if column.endswith("_sizes"):
            _sizes_to_offsets(folder, column)
    return len(np.load(folder / "seeds.npy", mmap_mode="r"))


class StoredSamples:
    """The samples of one split, read by position.

    Args:
        folder: A split's folder.
        spec: The spec that the samples were drawn by.
    """

    def __init__(self, folder: Path, spec: SamplingSpec) -> None:
        self._spec = spec
        self._folder = folder
        self.seeds = self._load("seeds")
        self._nodes = {n: (self._load(f"{n}.node_offsets"), self._load(f"{n}.nodes")) for n in spec.node_sets}
        self._edges = {
            n: tuple(self._load(f"{n}.{part}") for part in ("edge_offsets", "source", "target"))
            for n in spec.edge_sets
        }

    def __len__(self) -> int:
        return len(self.seeds)

    def read(self, positions: npt.ArrayLike) -> Subgraphs:
        """The samples at ``positions`` [batch] as one batch, in that order."""
        where = np.asarray(positions, np.int64)
        nodes = {}
        for name, (offsets, values) in self._nodes.items():
            sizes, entries = _ragged(offsets, where)
            nodes[name] = SampledNodes(values[entries], sizes)
        edges = {}
        for name, (offsets, source, target) in self._edges.items():
            sizes, entries = _ragged(offsets, where)
            ends = self._spec.edge_sets[name]
            edges[name] = SampledAdjacency(
                _within_batch(source[entries], nodes[ends.source], sizes),
                _within_batch(target[entries], nodes[ends.target], sizes),
                sizes,
            )
        return Subgraphs(self.seeds[where], nodes, edges)

    def _load(self, column: str) -> npt.NDArray[Any]:
        return np.asarray(np.load(self._folder / f"{column}.npy", mmap_mode="r"))


def _ragged(offsets: Int64s, where: Int64s) -> tuple[npt.NDArray[np.int32], Int64s]:
    first = offsets[where]
    sizes = offsets[where + 1] - first
    entries: Int64s = np.repeat(first - starts_of(sizes), sizes) + np.arange(int(sizes.sum()))
    return sizes.astype(np.int32), entries


def _within_batch(
    local: npt.NDArray[np.int32], nodes: SampledNodes, edges: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    return local + np.repeat(starts_of(nodes.sizes), edges).astype(np.int32)


def _sizes_to_offsets(folder: Path, column: str) -> None:
    sizes = np.load(folder / f"{column}.npy")
    (folder / f"{column}.npy").unlink()
    offsets = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    np.save(folder / f"{column.removesuffix('_sizes')}_offsets.npy", offsets)


def describe(counts: Mapping[str, int], spec: SamplingSpec) -> dict[str, Any]:
    """What ``samples.json`` says of the samples of every split."""
    return {
        "splits": dict(counts),
        "seed_node_set": spec.seed_node_set,
        "node_sets": list(spec.node_sets),
        "edge_sets": {name: [edges.source, edges.target] for name, edges in spec.edge_sets.items()},
    }
