"""What every sample has to be, on random graphs and plans."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.graph_ingest.tables import Graph
from components.graph_sampling import sampler
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.key_index import KeyIndex
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import SamplingSpec, resolve
from components.graph_sampling.subgraphs import starts_of
from tests.components.graph_sampling.graphs import ALL, contents, graphs, random_graph

HOPS = (
    [{"cites": 2}],
    [{"cites": 3, "rev_writes": 1}, {"writes": 2, "cites": 1}],
    [{"cites": 2, "rev_cites": 2, "rev_writes": 2}, {"cites": 2, "rev_cites": 1, "writes": 3}, {"cites": 1}],
)
plans = st.sampled_from([SamplingPlan(hops=hops) for hops in HOPS])


def everything(plan: SamplingPlan) -> SamplingPlan:
    """The same plan with fan-outs that no degree reaches."""
    return SamplingPlan(hops=[dict.fromkeys(hop, ALL) for hop in plan.hops])


def reference(spec: SamplingSpec, seed: int) -> dict[str, set[object]]:
    """The whole neighbourhood, by plain sets: hop by hop, every edge of every node reached before."""
    found: dict[str, set[object]] = {name: set() for name in (*spec.node_sets, *spec.edge_sets)}
    found[spec.seed_node_set].add(seed)
    frontier: dict[str, set[int]] = {spec.seed_node_set: {seed}}
    for hop in range(1, spec.hops + 1):
        reached: dict[str, set[int]] = defaultdict(set)
        for op in spec.ops:
            if op.hop != hop:
                continue
            for node in frontier.get(op.edges.source, ()):
                for neighbour in op.edges.adjacency.row(node).tolist():
                    found[op.edges.name].add((node, neighbour))
                    reached[op.edges.target].add(neighbour)
        for name, nodes in reached.items():
            found[name] |= nodes
        frontier = reached
    return found


@settings(max_examples=60, deadline=None)
@given(graph=graphs, plan=plans)
def test_large_fan_outs_give_the_whole_neighbourhood(graph: Graph, plan: SamplingPlan) -> None:
    spec = resolve(everything(plan), graph)
    seeds = np.arange(graph.node_sets["paper"].size)
    batch = Sampler(graph, spec, 0).sample(seeds)
    for which in seeds:
        expected = {name: sorted(values) for name, values in reference(spec, int(which)).items()}
        assert contents(spec, batch, int(which)) == expected


@settings(max_examples=60, deadline=None)
@given(graph=graphs, plan=plans, seed=st.integers(0, 5), epoch=st.integers(0, 5))
def test_samples_are_part_of_the_neighbourhood(
    graph: Graph, plan: SamplingPlan, seed: int, epoch: int
) -> None:
    spec = resolve(plan, graph)
    seeds = np.arange(graph.node_sets["paper"].size)
    batch = Sampler(graph, spec, seed).sample(seeds, epoch)
    papers = batch.nodes["paper"]
    np.testing.assert_array_equal(papers.nodes[starts_of(papers.sizes)], seeds)
    for which in seeds.tolist():
        sample, whole = contents(spec, batch, which), reference(spec, which)
        for name, values in sample.items():
            assert len(set(values)) == len(values), f"{name} holds something twice"
            assert set(values) <= whole[name]
        for name in spec.edge_sets:
            drawn: dict[int, int] = defaultdict(int)
            for tail, _ in sample[name]:
                drawn[tail] += 1
            largest = max(op.fan_out for op in spec.ops if op.edges.name == name)
            assert all(count <= largest for count in drawn.values())


@settings(max_examples=40, deadline=None)
@given(graph=graphs, plan=plans, data=st.data())
def test_a_sample_does_not_depend_on_its_batch(graph: Graph, plan: SamplingPlan, data: st.DataObject) -> None:
    spec = resolve(plan, graph)
    size = graph.node_sets["paper"].size
    seeds = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=12))
    together = Sampler(graph, spec, 7).sample(np.array(seeds), 2)
    for which, seed in enumerate(seeds):
        alone = Sampler(graph, spec, 7).sample(np.array([seed]), 2)
        assert contents(spec, alone, 0) == contents(spec, together, which)


@settings(max_examples=30, deadline=None)
@given(graph=graphs, plan=plans)
def test_sorting_gives_what_the_table_gives(graph: Graph, plan: SamplingPlan) -> None:
    spec = resolve(plan, graph)
    seeds = np.arange(graph.node_sets["paper"].size)
    by_table = Sampler(graph, spec, 0).sample(seeds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampler, "KeyIndex", partial(KeyIndex, table_limit=0))
        by_sorting = Sampler(graph, spec, 0).sample(seeds)
    for which in seeds.tolist():
        assert contents(spec, by_table, which) == contents(spec, by_sorting, which)


def test_another_epoch_draws_others() -> None:
    graph = random_graph(0, papers=60, authors=2, cites=2000, writes=5, groups=3)
    spec = resolve(SamplingPlan(hops=[{"cites": 3}]), graph)
    drawing = Sampler(graph, spec, 0)
    first, second = (contents(spec, drawing.sample(np.arange(60), epoch), 0) for epoch in (0, 1))
    again = contents(spec, drawing.sample(np.arange(60), 0), 0)
    assert first == again
    assert first != second


def test_neighbours_are_drawn_evenly() -> None:
    graph = random_graph(1, papers=21, authors=1, cites=5000, writes=1, groups=1)
    spec = resolve(SamplingPlan(hops=[{"cites": 5}]), graph)
    drawing = Sampler(graph, spec, 3)
    counts = np.zeros(21)
    epochs = 4000
    for epoch in range(epochs):
        batch = drawing.sample(np.array([4]), epoch)
        counts[batch.nodes["paper"].nodes[batch.edges["cites"].target]] += 1
    degree = len(graph.edge_sets["cites"].out.row(4))
    expected = epochs * 5 / degree
    seen = counts[graph.edge_sets["cites"].out.row(4)]
    # Five standard deviations of a binomial count.
    assert np.abs(seen - expected).max() < 5 * np.sqrt(expected * (1 - 5 / degree))


def test_no_seeds_and_no_edges() -> None:
    graph = random_graph(0, papers=4, authors=1, cites=0, writes=0, groups=1)
    spec = resolve(SamplingPlan(hops=[{"cites": 2, "rev_writes": 2}, {"writes": 2}]), graph)
    drawing = Sampler(graph, spec, 0)
    assert len(drawing.sample(np.empty(0, np.int64))) == 0
    batch = drawing.sample(np.array([1, 3]))
    assert batch.nodes["paper"].nodes.tolist() == [1, 3]
    assert batch.nodes["author"].sizes.tolist() == [0, 0]
    assert all(len(adjacency.source) == 0 for adjacency in batch.edges.values())
