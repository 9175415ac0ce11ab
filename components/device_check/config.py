"""Configuration of device_check."""

from __future__ import annotations

from pydantic import Field

from components.device_lab.profiles import DeviceName
from noria.typed_config import TypedConfig


class DeviceCheckConfig(TypedConfig):
    """Which devices the exported file has to run on before it may be promoted."""

    devices: tuple[DeviceName, ...] | None = Field(
        default=None,
        description="Names that `noria devices list` shows; null: those that the target lists; []: none.",
    )
    samples: int = Field(default=20, ge=1, description="Test samples that every device is given.")
    regression_tolerance: float = Field(
        default=0.01,
        gt=0,
        description="A regression sample agrees when it differs by at most this share of the outputs' scale.",
    )
    install: bool = Field(
        default=True, description="Fetch the emulator (Debian's packages, PyPI) where it is missing."
    )
