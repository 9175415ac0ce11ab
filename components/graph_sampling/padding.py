"""Padding a batch to fixed total sizes, so that compiled programs see one shape.

As in TF-GNN, padding is one extra component that owns all padding nodes and edges; padding edges connect
padding nodes only, so no real node ever hears from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_sampling.subgraphs import Subgraphs
from noria.errors import DataError


@dataclass(frozen=True)
class SizeBudget:
    """Total sizes after padding.

    Attributes:
        components: Seed nodes plus the padding component.
        nodes: Total nodes per node set.
        edges: Total edges per edge set.
    """

    components: int
    nodes: Mapping[str, int]
    edges: Mapping[str, int]


def budget_for(batches: Iterable[Subgraphs], batch_size: int, slack: float = 1.1) -> SizeBudget:
    """A budget that holds every given batch with some slack.

    Args:
        batches: Representative batches.
        batch_size: Seed nodes per batch.
        slack: Factor on the largest batch seen.
    """
    nodes: dict[str, int] = {}
    edges: dict[str, int] = {}
    for batch in batches:
        for name, sampled in batch.nodes.items():
            nodes[name] = max(nodes.get(name, 0), len(sampled.nodes))
        for name, adjacency in batch.edges.items():
            edges[name] = max(edges.get(name, 0), len(adjacency.source))
    return SizeBudget(
        batch_size + 1,
        # At least one padding node per set, for padding edges to end at.
        {name: int(size * slack) + 1 for name, size in nodes.items()},
        {name: int(size * slack) for name, size in edges.items()},
    )


def size_class(size: int) -> int:
    """The next of 1, 2, 3, 4, 6, 8, 12, 16, 24, ...: at most a half more than ``size``.

    What is padded to it keeps its shape when new data makes it a little larger.
    """
    power = 1 << max(size - 1, 0).bit_length()
    return power * 3 // 4 if power >= 4 and size <= power * 3 // 4 else power


def check_fits(subgraphs: Subgraphs, budget: SizeBudget) -> None:
    """Raises DataError, naming every set that overflows, when a batch is larger than the budget."""
    sizes = [(name, "nodes", len(n.nodes), budget.nodes[name] - 1) for name, n in subgraphs.nodes.items()]
    sizes += [(name, "edges", len(e.source), budget.edges[name]) for name, e in subgraphs.edges.items()]
    sizes.append(("batch", "seeds", len(subgraphs), budget.components - 1))
    over = [f"{used} {name} {kind} (budget {limit})" for name, kind, used, limit in sizes if used > limit]
    if over:
        raise DataError(
            f"a batch of {len(subgraphs)} seeds does not fit the padding budget: {', '.join(over)}",
            hint="give a larger padding slack or a smaller batch size",
        )


def pad(
    flat: Mapping[str, npt.NDArray[Any]], budget: SizeBudget, endpoints: Mapping[str, tuple[str, str]]
) -> dict[str, npt.NDArray[Any]]:
    """Pads the named arrays of ``GraphTensorFormat.pieces`` to a budget that they fit.

    Args:
        flat: Arrays named ``nodes/SET/FEATURE`` and ``edges/SET/COLUMN``; those that have the full length
            already stay as they are.
        budget: Total sizes; sets that it does not name (the readout) get one node or edge per component.
        endpoints: Edge set to its (source, target) node sets.
    """
    padded: dict[str, npt.NDArray[Any]] = {}
    for name, values in flat.items():
        kind, rest = name.split("/", 1)
        set_name, column = rest.rsplit("/", 1)
        totals = budget.nodes if kind == "nodes" else budget.edges
        total = totals.get(set_name, budget.components)
        if column == "#size":
            padded[name] = _fill(values, budget.components, 0)
            padded[name][len(values)] = total - values.sum()
        elif column in ("#source", "#target"):
            end = endpoints[set_name][column == "#target"]
            # The first padding node follows the real ones.
            padded[name] = _fill(values, total, int(flat[f"nodes/{end}/#size"].sum()))
        else:
            padded[name] = _fill(values, total, 0)
    return padded


def _fill(values: npt.NDArray[Any], total: int, filler: int) -> npt.NDArray[Any]:
    if len(values) == total:
        return values
    result = np.empty((total, *values.shape[1:]), values.dtype)
    result[: len(values)] = values
    result[len(values) :] = filler
    return result
