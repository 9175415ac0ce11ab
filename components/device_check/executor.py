"""The work of device_check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.device_check.check import check_devices
from components.device_check.config import DeviceCheckConfig
from components.device_check.report import write_report
from components.device_check.summary import told_metrics
from components.model_folder import ModelFolder
from components.step_executor import StepExecutor


class Executor(StepExecutor[DeviceCheckConfig]):
    """Runs ``tflite`` on every device, compares it with ``model`` and writes ``devices``."""

    config_type = DeviceCheckConfig

    def run(self, config: DeviceCheckConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        folder = outputs["devices"]
        check = check_devices(ModelFolder.load(inputs["model"]), inputs["tflite"], config)
        record = check.record
        record.save(folder)
        tracking.metrics(told_metrics(record))
        tracking.params({f"device_{row.device}": row.processor or row.why_not for row in record.devices})
        write_report(check, folder)
        for name in ("devices.json", "report.html"):
            tracking.artifact(folder / name)
