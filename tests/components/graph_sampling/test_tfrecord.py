"""TFRecord files are read back by TF-GNN alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from google.protobuf import text_format

from components.graph_ingest.tables import Graph
from components.graph_sampling.features import LABEL, FeatureJoin
from components.graph_sampling.graph_tensor import READOUT, GraphTensorFormat
from components.graph_sampling.sampler import Sampler
from components.graph_sampling.stored_samples import write_samples
from components.graph_sampling.tfrecord import SCHEMA, write_tfrecords
from components.tfgnn import tf, tfgnn
from tests.components.gnn_training import conftest as small

graph, fmt = small.graph, small.fmt


def test_parsed_back_equals_the_batch(graph: Graph, fmt: GraphTensorFormat, tmp_path: Path) -> None:
    seeds = graph.task.nodes("test")[:23]
    batch = Sampler(graph, fmt.spec, 0).sample(seeds)
    write_samples(tmp_path / "test", fmt.spec, [batch])
    assert write_tfrecords(tmp_path, graph, fmt.spec, ["test"], per_shard=10) == {"test": 23}
    files = sorted(tmp_path.glob("*.tfrecord"))
    assert [f.name for f in files] == [f"test-0000{i}-of-00003.tfrecord" for i in range(3)]
    schema = text_format.Parse((tmp_path / SCHEMA).read_text(), tfgnn.GraphSchema())
    spec = tfgnn.create_graph_spec_from_schema_pb(schema)
    parsed = [
        tfgnn.parse_single_example(spec, record, validate=True)
        for record in tf.data.TFRecordDataset([str(f) for f in files])
    ]
    flat = fmt.pieces(batch, FeatureJoin(graph, fmt.spec.node_sets))
    for name in (*fmt.spec.node_sets, READOUT):
        for feature in fmt.feature_specs(name):
            read = np.concatenate([one.node_sets[name][feature].numpy() for one in parsed])
            np.testing.assert_array_equal(read, flat[f"nodes/{name}/{feature}"])
    for name in fmt.spec.edge_sets:
        sizes = [int(one.edge_sets[name].total_size) for one in parsed]
        np.testing.assert_array_equal(sizes, flat[f"edges/{name}/#size"])
    # Component by component as TF-GNN merges them, so adjacency must be local.
    merged = tfgnn.GraphTensor.merge_batch_to_components
    whole = merged(
        next(
            iter(
                tf.data.TFRecordDataset([str(f) for f in files])
                .map(lambda record: tfgnn.parse_single_example(spec, record))
                .batch(23)
            )
        )
    )
    for name in fmt.spec.edge_sets:
        np.testing.assert_array_equal(
            whole.edge_sets[name].adjacency.source.numpy(), flat[f"edges/{name}/#source"]
        )
    np.testing.assert_array_equal(
        [int(one.node_sets[READOUT][LABEL][0]) for one in parsed], graph.task.labels[seeds]
    )
