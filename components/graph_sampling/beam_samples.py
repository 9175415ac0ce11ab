"""TF-GNN's serialised samples as our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_sampling.features import NODE_ID
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.subgraphs import SampledAdjacency, SampledNodes, Subgraphs

Ints = npt.NDArray[np.int32]


def to_subgraphs(spec: SamplingSpec, seeds: npt.NDArray[np.int32], examples: Sequence[Any]) -> Subgraphs:
    """Joins one ``tf.train.Example`` per seed (as ``tfgnn.write_example`` has it) into a batch.

    The seed is moved to the first place of its node set, where our samples have it.
    """
    nodes: dict[str, list[Ints]] = {name: [] for name in spec.node_sets}
    ends: dict[str, list[tuple[Ints, Ints]]] = {name: [] for name in spec.edge_sets}
    offset = dict.fromkeys(spec.node_sets, 0)
    for seed, example in zip(seeds, examples, strict=True):
        moved = {}
        for name in spec.node_sets:
            ids = _ints(example, f"nodes/{name}.{NODE_ID}")
            order = np.arange(len(ids))
            if name == spec.seed_node_set:
                order = np.argsort(ids != seed, kind="stable")
            nodes[name].append(ids[order])
            # Where each of the example's nodes stands now, in the batch.
            place = np.empty(len(ids), np.int32)
            place[order] = np.arange(offset[name], offset[name] + len(ids))
            moved[name] = place
            offset[name] += len(ids)
        for name, edges in spec.edge_sets.items():
            source = _ints(example, f"edges/{name}.#source")
            target = _ints(example, f"edges/{name}.#target")
            ends[name].append((moved[edges.source][source], moved[edges.target][target]))
    return Subgraphs(
        seeds.astype(np.int32),
        {n: SampledNodes(np.concatenate(parts), _lengths(parts)) for n, parts in nodes.items()},
        {
            name: SampledAdjacency(
                np.concatenate([source for source, _ in parts]),
                np.concatenate([target for _, target in parts]),
                _lengths([source for source, _ in parts]),
            )
            for name, parts in ends.items()
        },
    )


def _ints(example: Any, name: str) -> Ints:
    return np.array(example.features.feature[name].int64_list.value, np.int32)


def _lengths(parts: Sequence[Ints]) -> Ints:
    return np.array([len(part) for part in parts], np.int32)
