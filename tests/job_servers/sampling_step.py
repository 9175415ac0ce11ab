"""graph_sampling on the small sample, by one engine or the other, and what must be the same of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.read_graph import read_graph
from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling.config import GraphSamplingConfig, SamplingPlan
from components.graph_sampling.executor import Executor
from components.graph_sampling.subgraph_source import open_source, read_spec
from noria.typed_config import load_config
from pipelines.graph import GraphConfig
from tests.components.graph_sampling.graphs import ALL, contents

_CONFIG = Path(__file__).parents[1] / "data" / "graph-small.yaml"

# More than any node has: nothing is left to chance, and both engines draw the same.
EVERYTHING = SamplingPlan(hops=[{"depends": ALL, "maintained_by": ALL}, {"depends": ALL, "has_tag": ALL}])


def small_plan() -> SamplingPlan:
    """The plan of tests/data/graph-small.yaml, whose fan-outs are smaller than most degrees."""
    return load_config(GraphConfig, _CONFIG).sampling.plan


def small_graph(folder: Path, seeds: int | None = None) -> Graph:
    """Ingests the small sample; with ``seeds``, only that many test nodes keep a place in a split."""
    config = load_config(GraphConfig, _CONFIG)
    shared = set(GraphIngestConfig.model_fields) & set(GraphConfig.model_fields)
    graph = read_graph(GraphIngestConfig(**{name: getattr(config, name) for name in shared}))
    if seeds is not None:
        split = np.full_like(graph.task.split, -1)
        split[graph.task.nodes("test")[:seeds]] = SPLITS.index("test")
        graph = replace(graph, task=replace(graph.task, split=split))
    graph.save(folder)
    return Graph.load(folder)


def sample(
    graph: Path, plan: SamplingPlan, folder: Path, beam_pipeline_args: list[str] | None = None
) -> Path:
    """Runs the step: on Beam when options are given, else in memory."""
    engine = "memory" if beam_pipeline_args is None else "beam"
    folder.mkdir()
    config = GraphSamplingConfig(plan=plan, engine=engine, workers=1)
    executor = Executor(Executor.Context(extra_flags=beam_pipeline_args))
    executor.run(config, {"graph": graph}, {"samples": folder})
    return folder


def assert_same_subgraphs(graph: Graph, ours: Path, theirs: Path) -> int:
    """Every subgraph holds the same nodes and edges; returns how many there are."""
    spec = read_spec(ours, graph)
    compared = 0
    for split in SPLITS:
        left, right = (open_source(folder, graph, split) for folder in (ours, theirs))
        np.testing.assert_array_equal(left.seeds, right.seeds)
        every = np.arange(len(left.seeds))
        if len(every):
            mine, other = left.batch(every, 0), right.batch(every, 0)
            for which in every:
                assert contents(spec, mine, which) == contents(spec, other, which)
        compared += len(every)
    return compared


def assert_same_as_far_as_not_drawn(graph: Graph, ours: Path, theirs: Path) -> int:
    """What chance has no part in: the seeds, how many edges the first hop draws, and that edges are real.

    The first hop's edge sets start at the seed only: each has min(degree, fan-out) edges in every subgraph.
    """
    spec = read_spec(ours, graph)
    first = {op.edges.name for op in spec.ops if op.hop == 1}
    assert first.isdisjoint({op.edges.name for op in spec.ops if op.hop > 1})
    compared = 0
    for split in SPLITS:
        left, right = (open_source(folder, graph, split) for folder in (ours, theirs))
        np.testing.assert_array_equal(left.seeds, right.seeds)
        every = np.arange(len(left.seeds))
        if not len(every):
            continue
        mine, other = left.batch(every, 0), right.batch(every, 0)
        for name in spec.edge_sets:
            if name in first:
                np.testing.assert_array_equal(mine.edges[name].sizes, other.edges[name].sizes)
            ends, adjacency = spec.edge_sets[name], spec.edge_sets[name].adjacency
            tails = other.nodes[ends.source].nodes[other.edges[name].source]
            heads = other.nodes[ends.target].nodes[other.edges[name].target]
            for tail, head in set(zip(tails.tolist(), heads.tolist(), strict=True)):
                assert head in adjacency.row(tail)
        compared += len(every)
    return compared
