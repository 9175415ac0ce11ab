"""The spec of feature_examples: a feature table in, TFX's examples out."""

from __future__ import annotations

from components.artifacts import FeatureTable
from components.feature_examples.config import FeatureExamplesConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel
    from tfx.types.standard_artifacts import Examples


class FeatureExamples(StepComponent):
    """Writes features as examples; output ``examples`` has the splits ``train`` and ``eval``."""

    SPEC_CLASS = step_spec(
        "FeatureExamples", inputs={"features": FeatureTable}, outputs={"examples": Examples}
    )
    EXECUTOR_SPEC = ExecutorPath("components.feature_examples.executor.Executor")

    def __init__(self, config: FeatureExamplesConfig, *, features: BaseChannel) -> None:
        super().__init__(config, {"features": features})
