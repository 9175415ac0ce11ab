"""Seeds per second of the memory engine beside TF-GNN's own in-memory sampler.

    python -m benchmarks.sampling [--json FILE] [--only synthetic|debian] [--graph FOLDER]

Both run in this process, on one core and one TensorFlow thread, on the same graph, fan-outs, seeds and batch
size, in turns. Both turn seed numbers into the tensors of a padded GraphTensor with features, one component
per seed; ours come through ``tf.data``, as in training. Two graphs: a synthetic one with large subgraphs,
and the graph pipeline's own with the plan of configs/graph.yaml. Set-up and one round are not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import synthetic_graph
from benchmarks.results import load_before, write_results
from benchmarks.tfgnn_sampler import OPERATIONS, padded_sampler, sampling_model
from components.graph_ingest.read_graph import read_graph
from components.graph_ingest.tables import Graph
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.padding import SizeBudget, budget_for
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import SamplingSpec, resolve
from components.tfgnn import tf
from noria.typed_config import load_config
from pipelines.graph import GraphConfig

CONFIG = Path(__file__).parents[1] / "configs" / "graph.yaml"


@dataclass(frozen=True)
class Setting:
    """A graph, what is drawn from it, and the batches of seed nodes of one repetition."""

    name: str
    graph: Graph
    spec: SamplingSpec
    batches: list[npt.NDArray[np.int32]]

    @property
    def batch_size(self) -> int:
        """Seeds per batch."""
        return len(self.batches[0])

    @property
    def seeds(self) -> int:
        """Seeds of one repetition."""
        return self.batch_size * len(self.batches)

    def budget(self) -> SizeBudget:
        """What every batch is padded to."""
        sampler = Sampler(self.graph, self.spec, seed=0)
        return budget_for([sampler.sample(batch) for batch in self.batches], self.batch_size)


@dataclass(frozen=True)
class Contestant:
    """A sampler: ``run`` makes every batch once; the sizes are means per subgraph."""

    run: Callable[[], None]
    nodes: float
    edges: float


def ours(setting: Setting) -> Contestant:
    """Sampler, feature join, padding, ``tf.data``, GraphTensor."""
    sampler = Sampler(setting.graph, setting.spec, seed=0)
    join = FeatureJoin(setting.graph, setting.spec.node_sets)
    fmt = GraphTensorFormat(setting.graph, setting.spec)
    budget = setting.budget()

    def pieces() -> Iterator[dict[str, npt.NDArray[Any]]]:
        while True:
            for batch in setting.batches:
                yield fmt.pieces(sampler.sample(batch), join, budget)

    def tensors(flat: dict[str, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        return tuple(tf.nest.flatten(fmt.to_graph_tensor(flat), expand_composites=True))

    source = tf.data.Dataset.from_generator(pieces, output_signature=fmt.tensor_specs())
    batches = iter(source.map(tensors))

    def run() -> None:
        for _ in setting.batches:
            next(batches)

    drawn = [sampler.sample(batch) for batch in setting.batches]
    nodes = sum(len(n.nodes) for batch in drawn for n in batch.nodes.values())
    edges = sum(len(e.source) for batch in drawn for e in batch.edges.values())
    return Contestant(run, nodes / setting.seeds, edges / setting.seeds)


def theirs(setting: Setting, operations: str) -> Contestant:
    """TF-GNN's sampling model, merged and padded to the same budget in one ``tf.function``."""
    from tensorflow_gnn.experimental.sampler import set_ext_ops_implementation

    set_ext_ops_implementation(operations)
    sample = padded_sampler(sampling_model(setting.graph, setting.spec), setting.budget())
    # The first call compiles it with the operations that were chosen.
    real = [sample(batch)[1] for batch in setting.batches]

    def mean(kind: str) -> float:
        totals = [int(n) for sizes in real for name, n in sizes.items() if name.startswith(kind)]
        return sum(totals) / setting.seeds

    def run() -> None:
        for batch in setting.batches:
            sample(batch)

    return Contestant(run, mean("nodes/"), mean("edges/"))


def compare(setting: Setting, repetitions: int) -> dict[str, Any]:
    """Measures all in turns, after one round that is not counted; the ratio is to TF-GNN's faster way."""
    contestants = {"noria": ours(setting)}
    contestants |= {f"tfgnn {name}": theirs(setting, name) for name in OPERATIONS}
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for repetition in range(repetitions + 1):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            contestant.run()
            if repetition:
                rates[name].append(setting.seeds / (time.perf_counter() - start))
    best = max(list(contestants)[1:], key=lambda name: statistics.median(rates[name]))
    ratios = [a / b for a, b in zip(rates["noria"], rates[best], strict=True)]
    return {
        "setting": setting.name,
        "batch_size": setting.batch_size,
        "seeds_per_repetition": setting.seeds,
        "repetitions": repetitions,
        "samplers": {
            name: {"seeds_per_second": rates[name], "nodes": c.nodes, "edges": c.edges}
            for name, c in contestants.items()
        },
        "ratio": {"to": best, "median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
    }


def synthetic(arguments: argparse.Namespace) -> Setting:
    """100,000 nodes, 1.3 million edges, five ops, 128 floats a node."""
    graph = synthetic_graph.citation_graph()
    return _setting("synthetic", graph, synthetic_graph.PLAN, arguments)


def debian(arguments: argparse.Namespace) -> Setting:
    """The graph and the plan of configs/graph.yaml."""
    config = load_config(GraphConfig, CONFIG)
    graph = Graph.load(arguments.graph) if arguments.graph else read_graph(config.ingest())
    return _setting("debian", graph, config.sampling.plan, arguments)


SETTINGS = {"synthetic": synthetic, "debian": debian}


def _setting(name: str, graph: Graph, plan: SamplingPlan, arguments: argparse.Namespace) -> Setting:
    seeds = np.random.default_rng(0).permutation(graph.task.nodes("train")).astype(np.int32)
    used = seeds[: arguments.batches * arguments.batch_size]
    return Setting(name, graph, resolve(plan, graph), np.split(used, arguments.batches))


def show(result: dict[str, Any]) -> None:
    """Prints one setting's result."""
    rounds = f"batches of {result['batch_size']} seeds, medians over {result['repetitions']} rounds"
    print(f"{result['setting']}: {rounds}")
    for name, sampler in result["samplers"].items():
        rate = statistics.median(sampler["seeds_per_second"])
        sizes = f"{sampler['nodes']:.0f} nodes and {sampler['edges']:.0f} edges a subgraph"
        print(f"  {name:17}{rate:8.0f} seeds/s, {sizes}")
    ratio = result["ratio"]
    spread = f"lowest {ratio['min']:.1f}, highest {ratio['max']:.1f}"
    print(f"  noria / {ratio['to']}: {ratio['median']:.1f} ({spread})", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--only", choices=list(SETTINGS), help="one of the two settings")
    parser.add_argument("--graph", type=Path, help="read the Debian graph from a GraphTables folder")
    parser.add_argument("--batch-size", type=int, default=128, help="seed nodes per batch")
    parser.add_argument("--batches", type=int, default=8, help="batches per repetition")
    parser.add_argument("--repetitions", type=int, default=9, help="rounds that count")
    arguments = parser.parse_args()
    load = load_before()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    results = []
    for name, make in SETTINGS.items():
        if arguments.only in (None, name):
            results.append(compare(make(arguments), arguments.repetitions))
            show(results[-1])
    if arguments.json:
        write_results(arguments.json, results, load)


if __name__ == "__main__":
    main()
