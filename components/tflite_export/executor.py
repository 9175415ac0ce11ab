"""The work of tflite_export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.model_folder import ModelFolder
from components.step_executor import StepExecutor
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from components.tflite_export.report import write_report


class Executor(StepExecutor[TfliteExportConfig]):
    """Exports ``model`` into ``tflite`` and reports formats, parity, size and latency."""

    config_type = TfliteExportConfig

    def run(
        self, config: TfliteExportConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        folder = outputs["tflite"]
        result = export(ModelFolder.load(inputs["model"]), config, folder)
        tracking.metrics(result.record.metrics)
        write_report(result, folder)
        tracking.artifact(folder / "model.tflite")
        tracking.artifact(folder / "report.html")
        tracking.artifact(folder / "formats.png")
