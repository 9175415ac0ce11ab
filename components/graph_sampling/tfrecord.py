"""Samples as TFRecord files of GraphTensors with all features inside, for other tools.

TF-GNN's own writer serialises one GraphTensor at a time through TensorFlow; here the ``tf.train.Example``
protos are filled from slices of whole batches. The encoding is the one that ``tfgnn.parse_single_example``
reads (https://github.com/tensorflow/gnn/blob/main/tensorflow_gnn/docs/guide/data_prep.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components import tracking
from components.graph_ingest.tables import Graph
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat, Pieces
from components.graph_sampling.spec import SamplingSpec
from components.graph_sampling.stored_samples import StoredSamples
from components.graph_sampling.subgraphs import starts_of
from components.tfgnn import tf, tfgnn
from noria.files import replacing, write_text

SCHEMA = "tfrecord_schema.pbtxt"
_BATCH = 256


def write_tfrecords(
    folder: Path, graph: Graph, spec: SamplingSpec, splits: Sequence[str], per_shard: int = 10_000
) -> dict[str, int]:
    """Writes ``<split>-00000-of-0000N.tfrecord`` beside the stored samples, and the schema to parse them.

    The seed's label is feature ``label`` of the auxiliary node set ``_readout``.

    Args:
        folder: A GraphSamples folder whose splits are stored.
        graph: The graph.
        spec: The spec that the samples were drawn by.
        splits: Which splits to write.
        per_shard: Samples per file.

    Returns:
        The number of samples per split.
    """
    fmt = GraphTensorFormat(graph, spec)
    schema = tfgnn.create_schema_pb_from_graph_spec(fmt.graph_tensor_spec())
    write_text(folder / SCHEMA, str(schema))
    counts = {}
    for split in splits:
        samples = StoredSamples(folder / split, spec)
        shards = max(1, math.ceil(len(samples) / per_shard))
        for shard in range(shards):
            positions = np.arange(shard * per_shard, min((shard + 1) * per_shard, len(samples)))
            with (
                replacing(folder / f"{split}-{shard:05d}-of-{shards:05d}.tfrecord") as temporary,
                tf.io.TFRecordWriter(str(temporary)) as writer,
            ):
                for example in _examples(samples, positions, fmt):
                    writer.write(example)
            tracking.progress(
                int(positions[-1]) + 1 if len(positions) else 0, len(samples), f"{split} TFRecords"
            )
        counts[split] = len(samples)
    return counts


def _examples(
    samples: StoredSamples, positions: npt.NDArray[np.int64], fmt: GraphTensorFormat
) -> Iterator[bytes]:
    join = FeatureJoin(fmt.graph, fmt.spec.node_sets, known_labels=fmt.known_labels)
    for start in range(0, len(positions), _BATCH):
        batch = samples.read(positions[start : start + _BATCH])
        yield from encode(fmt.pieces(batch, join), fmt)


def encode(flat: Pieces, fmt: GraphTensorFormat) -> Iterator[bytes]:
    """Serialises every component of a batch (see GraphTensorFormat.pieces) as its own example."""
    ends = fmt.endpoints()
    sizes = {name: flat[name] for name in flat if name.endswith("/#size")}
    starts = {name: starts_of(values) for name, values in sizes.items()}
    count = len(next(iter(sizes.values())))
    for i in range(count):
        example = tf.train.Example()
        for name, values in flat.items():
            kind, rest = name.split("/", 1)
            set_name, column = rest.rsplit("/", 1)
            size_of = f"{kind}/{set_name}/#size"
            if column == "#size":
                piece = values[i : i + 1]
            else:
                first = starts[size_of][i]
                piece = values[first : first + sizes[size_of][i]]
            if column in ("#source", "#target"):
                end = ends[set_name][column == "#target"]
                piece = piece - starts[f"nodes/{end}/#size"][i]
            _fill(example.features.feature[f"{kind}/{set_name}.{column}"], piece)
        yield example.SerializeToString(deterministic=True)


def _fill(feature: Any, values: npt.NDArray[Any]) -> None:
    if np.issubdtype(values.dtype, np.integer):
        feature.int64_list.value.extend(values.ravel().tolist())
    else:
        feature.float_list.value.extend(values.ravel().tolist())
