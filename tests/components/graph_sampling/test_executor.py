"""What the step writes, and what training opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling.config import GraphSamplingConfig, SamplingPlan
from components.graph_sampling.executor import Executor
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.subgraph_source import open_source, read_spec
from noria.errors import DataError
from noria.files import read_json
from tests.components.graph_sampling.graphs import contents, random_graph

PLAN = SamplingPlan(hops=[{"cites": 2, "rev_writes": 1}, {"writes": 2}], seed=3)


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    drawn = random_graph(2, papers=90, authors=12, cites=600, writes=150, groups=30)
    drawn.save(tmp_path / "graph")
    return drawn


def run(tmp_path: Path, mode: str) -> Path:
    samples = tmp_path / "samples"
    samples.mkdir()
    config = GraphSamplingConfig(plan=PLAN, mode=mode, workers=1, batch_size=16)
    Executor().run(config, {"graph": tmp_path / "graph"}, {"samples": samples})
    return samples


def test_static_samples_of_every_split(graph: Graph, tmp_path: Path) -> None:
    samples = run(tmp_path, "static")
    spec = read_spec(samples, graph)
    assert spec == resolve(PLAN, graph)
    sizes = {split: len(graph.task.nodes(split)) for split in SPLITS}
    assert read_json(samples / "samples.json")["splits"] == sizes
    for split in SPLITS:
        source = open_source(samples, graph, split)
        np.testing.assert_array_equal(source.seeds, graph.task.nodes(split))
        positions = np.array([4, 0, 2])
        for epoch in (0, 5):
            read = source.batch(positions, epoch)
            drawn = Sampler(graph, spec, 3).sample(source.seeds[positions])
            for which in range(len(positions)):
                assert contents(spec, read, which) == contents(spec, drawn, which)


def test_dynamic_leaves_the_training_split_to_training(graph: Graph, tmp_path: Path) -> None:
    samples = run(tmp_path, "dynamic")
    assert sorted(path.name for path in samples.iterdir()) == ["samples.json", "test", "valid"]
    source = open_source(samples, graph, "train")
    np.testing.assert_array_equal(source.seeds, graph.task.nodes("train"))
    every = np.arange(len(source.seeds))
    first, second, again = (source.batch(every, epoch) for epoch in (1, 2, 1))
    np.testing.assert_array_equal(first.edges["cites"].target, again.edges["cites"].target)
    drawn = [batch.nodes["paper"].nodes[batch.edges["cites"].target].tolist() for batch in (first, second)]
    assert drawn[0] != drawn[1]


def test_a_folder_without_samples_is_told(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"samples\.json"):
        open_source(tmp_path, graph, "train")
