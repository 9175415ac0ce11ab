"""A pipeline of TFX's own function components: values instead of folders, parameters of every kind.

1. measure: parameters in, values out
2. judge: reads the values, writes an artifact
"""

from __future__ import annotations

from typing import Any

from noria.light_tfx import without_frameworks
from noria.typed_config import TypedConfig
from pipelines.registry import PipelineEntry
from toy.value_components import judge, measure

PIPELINE = PipelineEntry("values", "TFX's function components, for tests", "toy.values", "ValuesConfig")

with without_frameworks():
    from tfx.orchestration.data_types import RuntimeParameter


class ValuesConfig(TypedConfig):
    """What measure is given."""

    names: list[str] = ["a", "b"]
    weights: dict[str, float] = {"a": 0.5, "b": 2.0}
    rounds: int = 3


def create_pipeline(config: ValuesConfig) -> list[Any]:
    """The components, wired."""
    measured = measure(
        names=config.names,
        weights=config.weights,
        rounds=config.rounds,
        prefix=RuntimeParameter("prefix", str, default="sum"),
    )
    judged = judge(total=measured.outputs["total"], label=measured.outputs["label"])
    return [measured.with_id("measure"), judged.with_id("judge")]
