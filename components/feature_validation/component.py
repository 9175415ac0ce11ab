"""The spec of feature_validation: what TFX's data validation made in, a report out."""

from __future__ import annotations

from components.artifacts import ValidationReport
from components.feature_validation.config import FeatureValidationConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel
    from tfx.types.standard_artifacts import ExampleAnomalies, ExampleStatistics, Schema


class FeatureValidation(StepComponent):
    """Judges features; output ``report`` holds ``statistics.json``, ``checks.json`` and ``report.html``."""

    SPEC_CLASS = step_spec(
        "FeatureValidation",
        inputs={"statistics": ExampleStatistics, "schema": Schema, "anomalies": ExampleAnomalies},
        outputs={"report": ValidationReport},
    )
    EXECUTOR_SPEC = ExecutorPath("components.feature_validation.executor.Executor")

    def __init__(
        self,
        config: FeatureValidationConfig,
        *,
        statistics: BaseChannel,
        schema: BaseChannel,
        anomalies: BaseChannel,
    ) -> None:
        super().__init__(config, {"statistics": statistics, "schema": schema, "anomalies": anomalies})
