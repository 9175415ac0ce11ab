"""A small graph whose labels can be learned, and a way to train on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.gnn_training.config import GnnTrainingConfig
from components.graph_ingest.tables import Graph, NodeSet, NodeTask, edge_set
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.spec import resolve
from components.graph_sampling.subgraph_source import DrawnSource

CLASSES = 4
PAPERS = 400
PLAN = SamplingPlan(hops=[{"cites": 3, "rev_cites": 3, "written_by": 2}, {"cites": 2, "rev_written_by": 2}])


@pytest.fixture(scope="session")
def graph() -> Graph:
    """400 papers of four classes: text hints at the class, citations stay mostly within it."""
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, PAPERS).astype(np.int32)
    text = (np.eye(CLASSES)[labels] + random.normal(0, 1.2, (PAPERS, CLASSES))).astype(np.float32)
    words = random.integers(0, 20, (PAPERS, 3)).astype(np.int32)
    tails = np.repeat(np.arange(PAPERS), 4)
    heads = np.array([random.choice(np.flatnonzero(labels == labels[t])) for t in tails])
    authors = labels * 5 + random.integers(0, 5, PAPERS)
    split = np.repeat([0, 1, 2], [280, 60, 60]).astype(np.int8)
    return Graph(
        {"paper": NodeSet(PAPERS, {"text": text, "words": words}), "author": NodeSet(20, {})},
        {
            "cites": edge_set("paper", "paper", (tails, heads), (PAPERS, PAPERS)),
            "written_by": edge_set("paper", "author", (np.arange(PAPERS), authors), (PAPERS, 20)),
        },
        NodeTask("paper", tuple("abcd"), labels, split, np.arange(PAPERS, dtype=np.int32)),
    )


@pytest.fixture(scope="session")
def fmt(graph: Graph) -> GraphTensorFormat:
    """The input format of that graph."""
    return GraphTensorFormat(graph, resolve(PLAN, graph))


@pytest.fixture(scope="session")
def sources(graph: Graph, fmt: GraphTensorFormat) -> dict[str, DrawnSource]:
    """Samples by split."""
    return {
        split: DrawnSource(graph, fmt.spec, 0, graph.task.nodes(split).astype(np.int32))
        for split in ("train", "valid", "test")
    }


@pytest.fixture
def training(fmt: GraphTensorFormat, sources: dict[str, DrawnSource], tmp_path: Path) -> Callable[..., Any]:
    """Trains with a small configuration; keyword arguments change it."""
    from components.gnn_training.train import train

    def run(model: dict[str, Any] | None = None, **changes: Any) -> Any:
        settings: dict[str, Any] = {"epochs": 2, "batch_size": 32, "optimizer": {"learning_rate": 0.01}}
        small = {"units": 16, "message_dim": 16, "word_dim": 8, "heads": 2, "embed": ["author"]}
        config = GnnTrainingConfig.model_validate(
            {**settings, **changes, "model": {**small, **(model or {})}}
        )
        return config, train(sources["train"], sources["valid"], fmt, config, tmp_path / "work")

    return run
