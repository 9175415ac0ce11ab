"""TF-GNN's Beam sampler gives what our own gives, where nothing is left to chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.graph_sampling import beam_engine
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.stored_samples import StoredSamples, write_samples
from components.graph_sampling.subgraphs import starts_of
from noria.errors import ConfigError
from tests.components.graph_sampling.graphs import ALL, contents, random_graph

PLAN = SamplingPlan(hops=[{"cites": ALL, "rev_writes": ALL}, {"cites": ALL, "writes": ALL}])


HALF = SamplingPlan(hops=[{"cites": ALL}, {"rev_writes": ALL}])
GRAPH = random_graph(3, papers=60, authors=10, cites=200, writes=60, groups=5, parallel=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "runner"),
    [
        (PLAN, ["--runner=BundleBasedDirectRunner", "--temp_location={folder}"]),
        (
            HALF,
            ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"],
        ),
    ],
    ids=["in process, in a given place", "two processes"],
)
def test_same_subgraphs_as_the_memory_engine(plan: SamplingPlan, runner: list[str], tmp_path: Path) -> None:
    GRAPH.save(tmp_path / "graph")
    runner = [argument.format(folder=tmp_path) for argument in runner]
    spec = resolve(plan, GRAPH)
    seeds = np.array([5, 0, 9, 2], np.int32)
    write_samples(tmp_path / "test", spec, beam_engine.draw(tmp_path / "graph", plan, seeds, runner))
    stored = StoredSamples(tmp_path / "test", spec)
    np.testing.assert_array_equal(stored.seeds, seeds)
    from_beam = stored.read(np.arange(len(seeds)))
    from_memory = Sampler(GRAPH, spec, 0).sample(seeds)
    papers = from_beam.nodes["paper"]
    np.testing.assert_array_equal(papers.nodes[starts_of(papers.sizes)], seeds)
    for which in range(len(seeds)):
        assert contents(spec, from_beam, which) == contents(spec, from_memory, which)


def test_an_unknown_runner_is_told(tmp_path: Path) -> None:
    GRAPH.save(tmp_path)
    with pytest.raises(ConfigError, match="NoSuchRunner"):
        list(beam_engine.draw(tmp_path, PLAN, np.array([1], np.int32), ["--runner=NoSuchRunner"]))


def test_options_that_beam_refuses_are_told(tmp_path: Path) -> None:
    GRAPH.save(tmp_path)
    arguments = ["--runner=FlinkRunner", "--parallelism=many"]
    with pytest.raises(ConfigError, match="--parallelism: invalid int value: 'many'"):
        list(beam_engine.draw(tmp_path, PLAN, np.array([1], np.int32), arguments))


def test_no_seeds_no_pipeline(tmp_path: Path) -> None:
    assert list(beam_engine.draw(tmp_path, PLAN, np.empty(0, np.int32), [])) == []
