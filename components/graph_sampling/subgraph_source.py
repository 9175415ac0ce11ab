"""Where a training step gets its batches from: samples drawn before, or the sampler itself."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from components.graph_ingest.tables import Graph
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.spec import SamplingSpec, resolve
from components.graph_sampling.stored_samples import StoredSamples
from components.graph_sampling.subgraphs import Subgraphs
from noria.errors import DataError
from noria.files import read_json


class SubgraphSource(Protocol):
    """Samples by position, 0 to ``len() - 1``; ``seeds`` gives the node of each."""

    seeds: npt.NDArray[np.int32]

    def batch(self, positions: npt.NDArray[np.int64], epoch: int) -> Subgraphs:
        """The samples at ``positions``; ``epoch`` matters only where samples are drawn afresh."""


class StoredSource:
    """Samples that graph_sampling has written."""

    def __init__(self, folder: Path, spec: SamplingSpec) -> None:
        self._samples = StoredSamples(folder, spec)
        self.seeds: npt.NDArray[np.int32] = self._samples.seeds

    def batch(self, positions: npt.NDArray[np.int64], epoch: int) -> Subgraphs:  # noqa: ARG002
        """See SubgraphSource."""
        return self._samples.read(positions)


class DrawnSource:
    """Samples drawn when they are asked for, others in every epoch."""

    def __init__(self, graph: Graph, spec: SamplingSpec, seed: int, seeds: npt.NDArray[np.int32]) -> None:
        self._sampler = Sampler(graph, spec, seed)
        self.seeds = seeds

    def batch(self, positions: npt.NDArray[np.int64], epoch: int) -> Subgraphs:
        """See SubgraphSource."""
        return self._sampler.sample(self.seeds[positions], epoch)


def read_spec(samples: Path, graph: Graph) -> SamplingSpec:
    """The sampling spec of a GraphSamples folder.

    Raises:
        DataError: The folder holds no samples.
    """
    return resolve(read_plan(samples), graph)


def open_source(samples: Path, graph: Graph, split: str) -> SubgraphSource:
    """Opens one split of a GraphSamples folder: stored where it was written, else drawn afresh."""
    spec = read_spec(samples, graph)
    if (samples / split).is_dir():
        return StoredSource(samples / split, spec)
    return DrawnSource(graph, spec, read_plan(samples).seed, graph.task.nodes(split).astype(np.int32))


def read_plan(samples: Path) -> SamplingPlan:
    """The plan that a GraphSamples folder was drawn by.

    Raises:
        DataError: The folder holds no samples.
    """
    if not (samples / "samples.json").is_file():
        raise DataError(f"{samples} holds no samples.json", hint="give the output folder of graph_sampling")
    return SamplingPlan.model_validate(read_json(samples / "samples.json")["plan"])
