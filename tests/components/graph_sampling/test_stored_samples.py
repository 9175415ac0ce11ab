"""Samples come back from disk as they were drawn."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.graph_ingest.tables import Graph
from components.graph_sampling import memory_engine
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.growing_array import GrowingArray
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.stored_samples import StoredSamples, write_samples
from tests.components.graph_sampling.graphs import contents, graphs, random_graph

PLAN = SamplingPlan(hops=[{"cites": 2, "rev_writes": 2}, {"writes": 2, "rev_cites": 2}])


@settings(max_examples=25, deadline=None)
@given(graph=graphs, batch_size=st.integers(1, 9), data=st.data())
def test_any_order_of_positions(graph: Graph, batch_size: int, data: st.DataObject) -> None:
    spec = resolve(PLAN, graph)
    seeds = np.arange(graph.node_sets["paper"].size)
    sampler = Sampler(graph, spec, 0)
    batches = (sampler.sample(seeds[i : i + batch_size]) for i in range(0, len(seeds), batch_size))
    with tempfile.TemporaryDirectory() as folder:
        assert write_samples(Path(folder), spec, batches) == len(seeds)
        stored = StoredSamples(Path(folder), spec)
        positions = data.draw(st.lists(st.sampled_from(seeds.tolist()), max_size=10))
        read = stored.read(np.array(positions, np.int64))
        drawn = Sampler(graph, spec, 0).sample(np.array(positions, np.int64))
        np.testing.assert_array_equal(read.seeds, drawn.seeds)
        for which in range(len(positions)):
            assert contents(spec, read, which) == contents(spec, drawn, which)


def test_workers_make_no_difference(tmp_path: Path) -> None:
    graph = random_graph(3, papers=200, authors=20, cites=1500, writes=300, groups=50)
    graph.save(tmp_path)
    spec = resolve(PLAN, graph)
    seeds = np.arange(200, dtype=np.int32)
    folders = []
    for workers, batch_size in ((1, 64), (2, 17), (0, 200)):
        folders.append(tmp_path / f"samples-{workers}")
        write_samples(folders[-1], spec, memory_engine.draw(tmp_path, PLAN, seeds, batch_size, workers))
    names = sorted(path.name for path in folders[0].iterdir())
    for folder in folders[1:]:
        for name in names:
            assert (folder / name).read_bytes() == (folders[0] / name).read_bytes()


def test_a_growing_file_is_a_plain_array(tmp_path: Path) -> None:
    with GrowingArray(tmp_path / "a.npy", np.dtype(np.int32)) as file:
        for start in range(0, 1000, 100):
            file.append(np.arange(start, start + 100))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), np.arange(1000))
    with GrowingArray(tmp_path / "b.npy", np.dtype(np.int32)):
        pass
    assert len(np.load(tmp_path / "b.npy")) == 0
