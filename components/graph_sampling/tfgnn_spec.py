"""The sampling spec in TF-GNN's own terms, for its samplers."""

from __future__ import annotations

from typing import Any

from components.graph_sampling.features import NODE_ID
from components.graph_sampling.spec import SamplingSpec
from components.tfgnn import tf, tfgnn

SEED_OP = "seed"


def graph_schema(spec: SamplingSpec) -> tfgnn.GraphSchema:
    """The sampled sets as a GraphSchema; a reversed edge set is an edge set of its own.

    Every node set has one feature, ``id`` int64: TF-GNN's Beam sampler drops node ids that are not features.
    """
    schema = tfgnn.GraphSchema()
    for name in spec.node_sets:
        schema.node_sets[name].features[NODE_ID].dtype = tf.int64.as_datatype_enum
    for name, edges in spec.edge_sets.items():
        schema.edge_sets[name].source = edges.source
        schema.edge_sets[name].target = edges.target
    return schema


def sampling_spec(spec: SamplingSpec) -> Any:
    """The ops as a SamplingSpec message; each draws from what the hop before reached."""
    from tensorflow_gnn.sampler import SamplingSpec as Message

    message = Message()
    message.seed_op.op_name = SEED_OP
    message.seed_op.node_set_name = spec.seed_node_set
    before: dict[str, list[str]] = {spec.seed_node_set: [SEED_OP]}
    for hop in range(1, spec.hops + 1):
        reached: dict[str, list[str]] = {}
        for number, op in enumerate(spec.ops):
            if op.hop == hop:
                entry = message.sampling_ops.add()
                entry.op_name = f"op{number}"
                entry.input_op_names.extend(before[op.edges.source])
                entry.edge_set_name = op.edges.name
                entry.sample_size = op.fan_out
                reached.setdefault(op.edges.target, []).append(entry.op_name)
        before = reached
    return message
