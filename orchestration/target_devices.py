"""The devices of a target, handed to the pipeline that runs there."""

from __future__ import annotations

from collections.abc import Sequence

from components.device_check.config import DeviceCheckConfig
from noria.typed_config import ConfigT


def on_devices(config: ConfigT, devices: Sequence[str]) -> ConfigT:
    """A pipeline's configuration whose device_check has devices.

    Args:
        config: Its field ``devices``, where the pipeline has one, stays where it names devices itself.
        devices: The target's.
    """
    check = getattr(config, "devices", None)
    if not isinstance(check, DeviceCheckConfig) or check.devices is not None:
        return config
    return config.model_copy(update={"devices": check.model_copy(update={"devices": tuple(devices)})})
