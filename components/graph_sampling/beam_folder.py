"""The folder in which the step and Beam's workers meet: graph and sampling program in, samples out.

Without ``--temp_location`` it is a temporary folder, which only workers on this machine can see. With it, the
folder lies there, on a volume that the workers mount as well or in Google Cloud Storage (``gs://``), and the
part of the graph that is sampled is copied into it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from components.graph_ingest.tables import Graph, NodeSet
from components.graph_sampling.spec import REVERSED, SamplingSpec
from components.tfgnn import tf
from noria.errors import ConfigError

_SCHEMES = ("gs", "ram")


@contextmanager
def meeting_folder(temp_location: str | None) -> Iterator[str]:
    """Makes a folder of its own for one draw; removes it afterwards.

    Raises:
        ConfigError: There is no such place.
    """
    prefix = "beam-sampling-"
    scheme, separator, _ = (temp_location or "").partition("://")
    if separator:
        if scheme not in _SCHEMES:
            raise ConfigError(
                f"beam.pipeline_args: --temp_location={temp_location}: TensorFlow reads no {scheme}://",
                hint="a folder on a volume that step and workers mount, or gs://...",
            )
        folder = f"{str(temp_location).rstrip('/')}/{prefix}{uuid.uuid4().hex}"
        tf.io.gfile.makedirs(folder)
        try:
            yield folder
        finally:
            tf.io.gfile.rmtree(folder)
        return
    if temp_location and not Path(temp_location).is_dir():
        raise ConfigError(
            f"beam.pipeline_args: --temp_location={temp_location} is no folder",
            hint="it is a volume that both the step and Beam's workers mount",
        )
    with tempfile.TemporaryDirectory(prefix=prefix, dir=temp_location or None) as local:
        yield local


def share_graph(graph: Graph, spec: SamplingSpec, folder: str) -> str:
    """Copies what workers need of a graph (sizes and adjacency, no features) to ``folder``/graph."""
    target = f"{folder}/graph"
    bare = Graph(
        {name: NodeSet(nodes.size, {}) for name, nodes in graph.node_sets.items()},
        {n: e for n, e in graph.edge_sets.items() if n in spec.edge_sets or REVERSED + n in spec.edge_sets},
        graph.task,
    )
    if "://" not in folder:
        bare.save(Path(target))
        return target
    with tempfile.TemporaryDirectory() as local:
        bare.save(Path(local))
        _copy(local, target)
    return target


@cache
def open_graph(folder: str) -> Graph:
    """A worker's view of the graph: mapped where it lies, or where this process has copied it to."""
    if "://" not in folder:
        return Graph.load(Path(folder))
    local = tempfile.mkdtemp(prefix="beam-graph-")
    try:
        _copy(folder, local)
        # The arrays are mapped: what is deleted stays readable for as long as they are open.
        return Graph.load(Path(local))
    finally:
        shutil.rmtree(local)


def _copy(source: str, target: str) -> None:
    for folder, _, names in tf.io.gfile.walk(source):
        below = os.path.relpath(folder, source)
        into = target if below == "." else f"{target}/{below}"
        tf.io.gfile.makedirs(into)
        for name in names:
            tf.io.gfile.copy(f"{folder.rstrip('/')}/{name}", f"{into}/{name}")
