"""Attribution on a network small enough to train in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.gnn_evaluation.attribution import (
    SEED,
    accuracy_without,
    first_edge_sets,
    integrated_gradients,
)
from components.gnn_evaluation.scoring import NetworkScorer
from components.gnn_training.config import GnnTrainingConfig
from components.gnn_training.save_model import save_model
from components.gnn_training.train import train
from components.graph_ingest.tables import Graph, NodeSet
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.subgraph_source import DrawnSource
from components.model_folder import ModelFolder
from noria.errors import DataError
from tests.components.gnn_training import conftest as small

graph, fmt, sources = small.graph, small.fmt, small.sources


@pytest.fixture(scope="module")
def model(
    fmt: GraphTensorFormat, sources: dict[str, DrawnSource], tmp_path_factory: pytest.TempPathFactory
) -> ModelFolder:
    """A trained model as gnn_training leaves it."""
    folder = tmp_path_factory.mktemp("model")
    config = GnnTrainingConfig.model_validate(
        {
            "epochs": 6,
            "batch_size": 32,
            "examples": 4,
            "optimizer": {"learning_rate": 0.01},
            "model": {"units": 16, "message_dim": 16, "word_dim": 8, "embed": ["author"]},
        }
    )
    trained = train(sources["train"], sources["valid"], fmt, config, folder / "work")
    save_model(folder / "model", trained, fmt, config, sources, small.PLAN)
    return ModelFolder.load(folder / "model")


def test_shares_of_routes_sum_to_one(graph: Graph) -> None:
    spec = resolve(small.PLAN, graph)
    batch = Sampler(graph, spec, 0).sample(np.arange(40))
    routes = first_edge_sets(batch, spec)
    for name, shares in routes.items():
        np.testing.assert_allclose(sum(shares.values()), np.ones(len(batch.nodes[name].nodes)))
    assert routes["paper"][SEED].sum() == len(batch)
    # Only the seed's own edges are first steps: authors are reached over `written_by` or through a paper.
    assert routes["author"]["written_by"].sum() > 0
    assert not routes["paper"]["rev_written_by"].any()


@pytest.mark.slow
def test_attributions_add_up(model: ModelFolder, graph: Graph) -> None:
    scorer = NetworkScorer(model, graph)
    nodes = graph.task.nodes("test")
    predicted = scorer.logits(nodes).argmax(axis=1)
    result = integrated_gradients(scorer, nodes, predicted, steps=32)
    assert result.nodes == len(nodes)
    total = sum(result.features.values())
    assert total == pytest.approx(result.explained, abs=result.completeness_error + 1e-6)
    assert sum(result.edge_sets.values()) == pytest.approx(total, abs=1e-6)
    assert result.completeness_error < 0.1
    # Text and citations were made to tell the class; words are noise.
    informative = result.features["paper", "text", "seed"] + result.features["paper", "text", "around"]
    assert informative > abs(result.features["paper", "words", "seed"])


@pytest.mark.slow
def test_taking_edge_sets_away(model: ModelFolder, graph: Graph) -> None:
    scorer = NetworkScorer(model, graph)
    nodes = graph.task.nodes("test")
    accuracies = accuracy_without(scorer, nodes, graph.task.labels[nodes])
    full = (scorer.logits(nodes).argmax(axis=1) == graph.task.labels[nodes]).mean()
    assert accuracies[""] == pytest.approx(full)
    assert set(accuracies) == {"", "cites", "rev_cites", "written_by", "rev_written_by"}


def changed(graph: Graph, **changes: Any) -> Graph:
    return Graph(**{**vars(graph), **changes})


@pytest.mark.slow
def test_a_model_for_other_features_is_refused(model: ModelFolder, graph: Graph) -> None:
    papers = graph.node_sets["paper"]
    wider = NodeSet(papers.size, {**papers.features, "text": np.zeros((papers.size, 9), np.float32)})
    with pytest.raises(DataError, match="paper__text"):
        NetworkScorer(model, changed(graph, node_sets={**graph.node_sets, "paper": wider}))


@pytest.mark.slow
def test_a_model_for_other_edge_sets_is_refused(model: ModelFolder, graph: Graph) -> None:
    fewer = {name: edges for name, edges in graph.edge_sets.items() if name != "written_by"}
    with pytest.raises(DataError, match="written_by"):
        NetworkScorer(model, changed(graph, edge_sets=fewer))


@pytest.mark.slow
def test_model_folder_examples_are_test_samples(model: ModelFolder, tmp_path: Path) -> None:
    del tmp_path
    examples = model.examples()
    assert {len(v) for v in examples.values()} == {4}
