"""The work of graph_sampling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from components import tracking
from components.graph_ingest.tables import SPLITS, Graph
from components.graph_sampling import memory_engine
from components.graph_sampling.config import GraphSamplingConfig
from components.graph_sampling.spec import resolve
from components.graph_sampling.stored_samples import describe, write_samples
from components.graph_sampling.subgraphs import Subgraphs
from components.step_executor import StepExecutor
from noria.files import write_json


class Executor(StepExecutor[GraphSamplingConfig]):
    """Writes the samples of every split; in dynamic mode those of the training split are left to training."""

    config_type = GraphSamplingConfig

    def run(
        self, config: GraphSamplingConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        graph = Graph.load(inputs["graph"])
        spec = resolve(config.plan, graph)
        folder = outputs["samples"]
        stored = [s for s in SPLITS if config.mode == "static" or s != "train"]
        counts = {}
        totals = {"nodes": 0, "edges": 0}
        for split in stored:
            batches = self._draw(config, inputs["graph"], graph, split)
            counts[split] = write_samples(
                folder / split, spec, _counted(batches, totals, config, split, graph)
            )
        if config.tfrecord:
            from components.graph_sampling.tfrecord import write_tfrecords

            write_tfrecords(folder, graph, spec, stored)
        write_json(
            folder / "samples.json",
            {"plan": config.plan.model_dump(mode="json"), "mode": config.mode, **describe(counts, spec)},
        )
        samples = max(sum(counts.values()), 1)
        tracking.params({"engine": config.engine, "mode": config.mode, "hops": spec.hops})
        tracking.metrics(
            {
                "sampled_subgraphs": sum(counts.values()),
                "mean_nodes_per_subgraph": totals["nodes"] / samples,
                "mean_edges_per_subgraph": totals["edges"] / samples,
            }
        )

    def _draw(
        self, config: GraphSamplingConfig, folder: Path, graph: Graph, split: str
    ) -> Iterator[Subgraphs]:
        seeds = graph.task.nodes(split).astype(np.int32)
        if config.engine == "memory":
            return memory_engine.draw(folder, config.plan, seeds, config.batch_size, config.workers)
        # Beam and TF-GNN take seconds to import; the memory engine does without.
        from components.graph_sampling import beam_engine

        return beam_engine.draw(folder, config.plan, seeds, self.beam_pipeline_args)


def _counted(
    batches: Iterator[Subgraphs],
    totals: dict[str, int],
    config: GraphSamplingConfig,
    split: str,
    graph: Graph,
) -> Iterator[Subgraphs]:
    done, total = 0, len(graph.task.nodes(split))
    for batch in batches:
        done += len(batch)
        totals["nodes"] += sum(len(nodes.nodes) for nodes in batch.nodes.values())
        totals["edges"] += sum(len(edges.source) for edges in batch.edges.values())
        if done == total or (done // config.batch_size) % 16 == 0:
            tracking.progress(done, total, f"{split} subgraphs")
        yield batch
