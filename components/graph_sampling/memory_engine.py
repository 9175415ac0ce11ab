"""The memory engine: batches of seed nodes drawn by worker processes that share the mapped graph."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import resolve
from components.graph_sampling.subgraphs import Subgraphs
from noria.processes import die_with_parent

_sampler: Sampler


def draw(
    graph_folder: Path, plan: SamplingPlan, seeds: npt.NDArray[np.int32], batch_size: int, workers: int
) -> Iterator[Subgraphs]:
    """Draws a subgraph for every seed node, in order.

    Args:
        graph_folder: A GraphTables folder.
        plan: What is drawn; the result depends on nothing else but the seeds.
        seeds: int32 [n] node numbers.
        batch_size: Seeds drawn together.
        workers: Processes; 0 = one per core, 1 = this process.
    """
    batches = [seeds[i : i + batch_size] for i in range(0, len(seeds), batch_size)]
    count = min(workers or os.cpu_count() or 1, len(batches))
    if count <= 1:
        _open(graph_folder, plan)
        yield from map(_draw, batches)
        return
    with ProcessPoolExecutor(
        count,
        mp_context=get_context("fork"),
        initializer=_start_worker,
        initargs=(os.getpid(), graph_folder, plan),
    ) as pool:
        # Only a few batches ahead: their memory is bounded, however slowly they are taken.
        pending: deque[Future[Subgraphs]] = deque()
        for batch in batches:
            pending.append(pool.submit(_draw, batch))
            if len(pending) > 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _start_worker(parent: int, graph_folder: Path, plan: SamplingPlan) -> None:
    die_with_parent(parent)
    _open(graph_folder, plan)


def _open(graph_folder: Path, plan: SamplingPlan) -> None:
    global _sampler
    graph = Graph.load(graph_folder)
    _sampler = Sampler(graph, resolve(plan, graph), plan.seed)


def _draw(seeds: npt.NDArray[np.int32]) -> Subgraphs:
    return _sampler.sample(seeds)
