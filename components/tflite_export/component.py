"""The spec of tflite_export."""

from __future__ import annotations

from typing import ClassVar

from components.artifacts import TfliteModel, TrainedModel
from components.step_component import ExecutorPath, StepComponent, step_spec
from components.tflite_export.config import TfliteExportConfig
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.executor_spec import ExecutorSpec
    from tfx.types.channel import BaseChannel
    from tfx.types.component_spec import ComponentSpec


class TfliteExport(StepComponent):
    """TrainedModel in; TfliteModel out (``model.tflite``, ``export.json``, ``report.html``, a picture)."""

    SPEC_CLASS: ClassVar[type[ComponentSpec]] = step_spec(
        "TfliteExport", inputs={"model": TrainedModel}, outputs={"tflite": TfliteModel}
    )
    EXECUTOR_SPEC: ClassVar[ExecutorSpec] = ExecutorPath("components.tflite_export.executor.Executor")

    def __init__(self, config: TfliteExportConfig, *, model: BaseChannel) -> None:
        super().__init__(config, {"model": model})
