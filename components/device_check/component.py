"""The spec of device_check."""

from __future__ import annotations

from typing import ClassVar

from components.artifacts import DeviceReport, TfliteModel, TrainedModel
from components.device_check.config import DeviceCheckConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.executor_spec import ExecutorSpec
    from tfx.types.channel import BaseChannel
    from tfx.types.component_spec import ComponentSpec


class DeviceCheck(StepComponent):
    """Model and exported file in; DeviceReport out."""

    SPEC_CLASS: ClassVar[type[ComponentSpec]] = step_spec(
        "DeviceCheck",
        inputs={"model": TrainedModel, "tflite": TfliteModel},
        outputs={"devices": DeviceReport},
    )
    EXECUTOR_SPEC: ClassVar[ExecutorSpec] = ExecutorPath("components.device_check.executor.Executor")

    def __init__(self, config: DeviceCheckConfig, *, model: BaseChannel, tflite: BaseChannel) -> None:
        super().__init__(config, {"model": model, "tflite": tflite})
