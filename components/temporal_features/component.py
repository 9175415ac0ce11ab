"""The specification of temporal_features."""

from __future__ import annotations

from components.artifacts import EventTable, FeatureTable
from components.step_component import ExecutorPath, StepComponent, step_spec
from components.temporal_features.config import TemporalFeaturesConfig
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class TemporalFeatures(StepComponent):
    """Computes features and label per series and tick."""

    SPEC_CLASS = step_spec(
        "TemporalFeatures", inputs={"events": EventTable}, outputs={"features": FeatureTable}
    )
    EXECUTOR_SPEC = ExecutorPath("components.temporal_features.executor.Executor")

    def __init__(self, config: TemporalFeaturesConfig, *, events: BaseChannel) -> None:
        super().__init__(config, {"events": events})
