"""Configuration of graph_sampling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt

from noria.typed_config import TypedConfig


class SamplingPlan(TypedConfig):
    """Which neighbours are drawn: per hop, a fan-out for each edge set that is followed."""

    hops: list[dict[str, PositiveInt]] = Field(
        description="Per hop, the fan-out of each edge set that is followed; `rev_NAME` follows it backwards."
    )
    seed: int = Field(0, ge=0, description="Seed of the draws; the same seed draws the same subgraphs.")


class GraphSamplingConfig(TypedConfig):
    """How subgraphs are drawn and what is written."""

    plan: SamplingPlan
    mode: Literal["static", "dynamic"] = Field(
        "static", description="static: drawn once, cached. dynamic: training draws afresh every epoch."
    )
    engine: Literal["memory", "beam"] = Field(
        "memory",
        description="memory: vectorised, in the step. beam: TF-GNN's sampler on the target's Beam runner.",
    )
    workers: int = Field(0, ge=0, description="Processes of the memory engine; 0 = one per core.")
    batch_size: int = Field(256, gt=0, description="Seed nodes drawn together by one worker.")
    tfrecord: bool = Field(
        False, description="Also write GraphTensors with all features inside as TFRecord, for other tools."
    )
