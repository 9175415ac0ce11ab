"""A small graph whose statistics can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components.graph_ingest.tables import Graph, NodeSet, NodeTask, edge_set


@pytest.fixture
def make_graph() -> Callable[..., Graph]:
    """Makes the graph: 6 items (the last has no edge) and 2 owners; arguments replace its parts."""

    def make(
        values: Any = ((1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)),
        likes: tuple[Any, Any] = ((0, 0, 0, 1, 2), (1, 1, 2, 3, 4)),
        labels: Any = (0, 1, 0, 1, 0, 1),
        split: Any = (0, 0, 0, 0, 1, 2),
        group: Any = (0, 1, 2, 3, 4, 5),
        notes: Any = None,
    ) -> Graph:
        pairs = (np.array(likes[0]), np.array(likes[1]))
        return Graph(
            {
                "item": NodeSet(
                    6,
                    {"x": np.array(values, np.float32), "words": np.array([[1, 2]] * 5 + [[0, 0]], np.int32)},
                ),
                "owner": NodeSet(2, {}),
            },
            {
                "likes": edge_set("item", "item", pairs, (6, 6)),
                "owned_by": edge_set("item", "owner", (np.arange(5), np.zeros(5, int)), (6, 2)),
            },
            NodeTask("item", ("no", "yes"), np.array(labels), np.array(split), np.array(group)),
            notes=notes or {"source": {"kind": "tables", "path": "here"}, "missing": {"item": {"x": 3}}},
        )

    return make
