"""What every kind of source gives: a graph whose task is not yet split and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from components.graph_ingest.csr import IntArray
from components.graph_ingest.tables import EdgeSet, NodeSet


@dataclass(frozen=True)
class SourceGraph:
    """A graph as a source describes it.

    Attributes:
        node_sets: With their features as arrays.
        edge_sets: Between those node sets.
        node_set: The set whose nodes are classified.
        labels: [nodes of that set] text or whole numbers, null where there is no label.
        group: int32 [same], nodes of one group are never split apart.
        split: int8 [same], where the source brings its own division; an index into SPLITS, -1 for none.
        origin: The file or folder that holds the labels, for error messages.
        vocabularies: Per node set and integer feature the number of distinct ids, for embeddings.
        notes: What else is worth keeping with the graph.
    """

    node_sets: Mapping[str, NodeSet]
    edge_sets: Mapping[str, EdgeSet]
    node_set: str
    labels: pa.Array
    group: IntArray
    split: IntArray | None
    origin: str
    vocabularies: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)
