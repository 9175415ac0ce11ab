"""The Beam engine: TF-GNN's distributed sampler on any Beam runner, its samples in our own format.

The graph is read in row ranges by the workers; where it, the sampling program and the samples lie is
``beam_folder``'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from components.beam_runner import runner_options
from components.graph_ingest.csr import Csr
from components.graph_ingest.tables import Graph
from components.graph_sampling.beam_folder import meeting_folder, open_graph, share_graph
from components.graph_sampling.beam_samples import to_subgraphs
from components.graph_sampling.config import SamplingPlan
from components.graph_sampling.features import NODE_ID
from components.graph_sampling.spec import SamplingSpec, resolve, sampled_edges
from components.graph_sampling.subgraphs import Subgraphs
from components.graph_sampling.tfgnn_spec import graph_schema, sampling_spec
from components.tfgnn import tf
from noria.errors import NoriaError

_ROWS = 20_000
_BATCH = 256


def draw(
    graph_folder: Path,
    plan: SamplingPlan,
    seeds: npt.NDArray[np.int32],
    beam_pipeline_args: Sequence[str],
) -> Iterator[Subgraphs]:
    """Draws a subgraph for every seed node, in the order of ``seeds``.

    TF-GNN's sampler draws by its own random numbers: where a fan-out is smaller than a degree, the samples
    are others than the memory engine's, and others in every run. The plan's seed has no part in them.

    Args:
        graph_folder: A GraphTables folder.
        plan: What is drawn.
        seeds: int32 [n] distinct node numbers.
        beam_pipeline_args: Options of the runner, ``--runner=...`` first of all.

    Raises:
        ConfigError: Beam knows no such runner, or refuses its options.
        NoriaError: The runner failed, or lost samples.
    """
    if not len(seeds):
        return
    graph = Graph.load(graph_folder)
    spec = resolve(plan, graph)
    options = runner_options(beam_pipeline_args)
    place = options.view_as(GoogleCloudOptions).temp_location
    with meeting_folder(place) as folder:
        shared = share_graph(graph, spec, folder) if place else str(graph_folder.absolute())
        _run(shared, spec, seeds, options, folder)
        found = _read_examples(f"{folder}/samples")
        if missing := len(seeds) - len(found):
            raise NoriaError(f"Beam returned {len(found)} of {len(seeds)} samples: {missing} are missing")
        for start in range(0, len(seeds), _BATCH):
            chunk = seeds[start : start + _BATCH]
            yield to_subgraphs(spec, chunk, [found[int(seed)] for seed in chunk])


def _run(
    graph: str,
    spec: SamplingSpec,
    seeds: npt.NDArray[np.int32],
    options: PipelineOptions,
    folder: str,
) -> None:
    # Beam's executors of TF-GNN register themselves when these are imported.
    from tensorflow_gnn.experimental import sampler
    from tensorflow_gnn.experimental.sampler.beam import executor_lib
    from tensorflow_gnn.experimental.sampler.beam.sampler import get_sampling_model, save_artifacts

    # TF-GNN looks for the layer "sink"; Keras would call the second one of this process "sink_1".
    tf.keras.backend.reset_uids()
    model, edge_set_of_layer = get_sampling_model(graph_schema(spec), sampling_spec(spec))
    program, artifacts = sampler.create_program(model)
    save_artifacts(artifacts, f"{folder}/program")
    tf.io.gfile.makedirs(f"{folder}/samples")
    sizes = {name: open_graph(graph).node_sets[name].size for name in spec.node_sets}
    try:
        with beam.Pipeline(options=options) as root:
            feeds: dict[str, Any] = {}
            for name, size in sizes.items():
                feeds[f"nodes/{name}"] = (
                    root
                    | f"RowsOf/{name}" >> beam.Create(_ranges(size))
                    | f"ReadNodes/{name}" >> beam.FlatMap(_read_nodes)
                )
            for name, edges in spec.edge_sets.items():
                feeds[f"edges/{name}"] = (
                    root
                    | f"RowsOf/{name}" >> beam.Create(_ranges(sizes[edges.source]))
                    | f"Spread/{name}" >> beam.Reshuffle()
                    | f"ReadEdges/{name}" >> beam.FlatMap(_read_edges, graph, name)
                )
            feeds |= {layer: feeds[name] for layer, name in edge_set_of_layer.items()}
            inputs = {"Input": root | "Seeds" >> beam.Create(seeds.tolist()) | beam.Map(_seed)}
            examples = executor_lib.execute(program, inputs, feeds=feeds, artifacts_path=f"{folder}/program")
            _ = (
                examples
                | "Serialise" >> beam.MapTuple(_serialise)
                | "Write" >> beam.io.WriteToTFRecord(f"{folder}/samples/part")
            )
    except NoriaError:
        raise
    except Exception as error:
        raise NoriaError(
            f"sampling on Beam failed: {type(error).__name__}: {error}",
            hint="the step's log has the runner's own messages; engine: memory needs no runner",
        ) from error


def _ranges(size: int) -> list[tuple[int, int]]:
    return [(start, min(start + _ROWS, size)) for start in range(0, size, _ROWS)]


def _read_nodes(rows: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    for node in range(*rows):
        example = tf.train.Example()
        example.features.feature[NODE_ID].int64_list.value.append(node)
        yield str(node).encode(), example.SerializeToString()


def _read_edges(rows: tuple[int, int], folder: str, name: str) -> Iterator[Any]:
    adjacency = _adjacency(folder, name)
    for node in range(*rows):
        for neighbour in adjacency.row(node).tolist():
            example = tf.train.Example()
            example.features.feature["#source"].bytes_list.value.append(str(node).encode())
            example.features.feature["#target"].bytes_list.value.append(str(neighbour).encode())
            yield example


@cache
def _adjacency(folder: str, name: str) -> Csr:
    return sampled_edges(open_graph(folder), name).adjacency


def _seed(node: int) -> tuple[bytes, list[list[npt.NDArray[Any]]]]:
    key = str(node).encode()
    return key, [[np.array([key], dtype=np.object_), np.array([1], dtype=np.int64)]]


def _serialise(key: bytes, example: Any) -> bytes:
    # The key is the seed's number, which an example does not hold by itself.
    example.features.feature["seed"].int64_list.value.append(int(key))
    return bytes(example.SerializeToString())


def _read_examples(folder: str) -> dict[int, Any]:
    found = {}
    for record in tf.data.TFRecordDataset(tf.io.gfile.glob(f"{folder}/part-*")).as_numpy_iterator():
        example = tf.train.Example.FromString(record)
        found[example.features.feature["seed"].int64_list.value[0]] = example
    return found
