"""The steps that every pipeline with an on-device file has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.device_check.component import DeviceCheck
from components.device_check.config import DeviceCheckConfig
from components.tflite_export.component import TfliteExport
from components.tflite_export.config import TfliteExportConfig


@dataclass(frozen=True)
class OnDevice:
    """The steps by name, and what they hand on.

    Attributes:
        steps: ``tflite_export``, and ``device_check`` where there are devices.
        tflite: Channel of the file.
        devices: Channel of what it did on the devices; None without devices.
    """

    steps: dict[str, Any]
    tflite: Any
    devices: Any | None


def on_device(model: Any, export: TfliteExportConfig, devices: DeviceCheckConfig) -> OnDevice:
    """Exports a channel of TrainedModel and runs the file on the devices."""
    exporting = TfliteExport(export, model=model)
    tflite = exporting.outputs["tflite"]
    if not devices.devices:
        return OnDevice({"tflite_export": exporting}, tflite, None)
    checking = DeviceCheck(devices, model=model, tflite=tflite)
    return OnDevice(
        {"tflite_export": exporting, "device_check": checking}, tflite, checking.outputs["devices"]
    )
