"""TF-GNN's Beam sampler gives what our own gives, where nothing is left to chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.tables import Graph
from components.graph_sampling import beam_engine
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import SamplingSpec, resolve
from components.graph_sampling.stored_samples import StoredSamples, write_samples
from components.graph_sampling.subgraphs import Subgraphs, starts_of
from noria.errors import ConfigError
from tests.components.gnn_training import conftest as small

graph = small.graph
# More than any node has: every neighbour is taken.
ALL = 1000
PLAN = SamplingPlan(hops=[{"cites": ALL, "written_by": ALL}, {"cites": ALL, "rev_written_by": ALL}])


def contents(spec: SamplingSpec, batch: Subgraphs, which: int) -> dict[str, set[object]]:
    """Node numbers and edges of one subgraph, whatever their order."""
    first = {name: starts_of(nodes.sizes)[which] for name, nodes in batch.nodes.items()}
    found: dict[str, set[object]] = {
        name: set(nodes.nodes[first[name] : first[name] + nodes.sizes[which]].tolist())
        for name, nodes in batch.nodes.items()
    }
    for name, edges in batch.edges.items():
        start = starts_of(edges.sizes)[which]
        part = slice(start, start + edges.sizes[which])
        ends = spec.edge_sets[name]
        tails = batch.nodes[ends.source].nodes[edges.source[part]]
        heads = batch.nodes[ends.target].nodes[edges.target[part]]
        # As a set: TF-GNN's sampler merges parallel edges.
        found[name] = set(zip(tails.tolist(), heads.tolist(), strict=True))
    return found


@pytest.mark.slow
def test_same_subgraphs_as_the_memory_engine(graph: Graph, tmp_path: Path) -> None:
    graph.save(tmp_path / "graph")
    spec = resolve(PLAN, graph)
    seeds = graph.task.nodes("test").astype(np.int32)[[5, 0, 9, 2]]
    runner = ["--runner=BundleBasedDirectRunner"]
    write_samples(tmp_path / "test", spec, beam_engine.draw(tmp_path / "graph", PLAN, seeds, runner))
    stored = StoredSamples(tmp_path / "test", spec)
    np.testing.assert_array_equal(stored.seeds, seeds)
    from_beam = stored.read(np.arange(len(seeds)))
    from_memory = Sampler(graph, spec, 0).sample(seeds)
    papers = from_beam.nodes["paper"]
    np.testing.assert_array_equal(papers.nodes[starts_of(papers.sizes)], seeds)
    for which in range(len(seeds)):
        assert contents(spec, from_beam, which) == contents(spec, from_memory, which)


def test_an_unknown_runner_is_told(graph: Graph, tmp_path: Path) -> None:
    graph.save(tmp_path)
    with pytest.raises(ConfigError, match="NoSuchRunner"):
        list(beam_engine.draw(tmp_path, PLAN, np.array([1], np.int32), ["--runner=NoSuchRunner"]))


def test_no_seeds_no_pipeline(tmp_path: Path) -> None:
    assert list(beam_engine.draw(tmp_path, PLAN, np.empty(0, np.int32), [])) == []
