"""Makes the DTensor mesh that a configuration asks for."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.experimental import dtensor

from components.mesh_fft.mesh_config import MeshConfig
from noria.errors import ConfigError

#: Names of the mesh's dimensions, in order.
DIMENSIONS = ("x", "y")


def make_mesh(config: MeshConfig) -> Any:
    """Configures the logical devices, once per process, and arranges them as a ``dtensor.Mesh``.

    TensorFlow fixes its devices at its first operation: the first mesh of a process should be its largest;
    smaller ones take a part of the devices. Where DTENSOR_JOBS names several processes
    (``components.mesh_fft.workers``), the mesh spans one device of each.

    Raises:
        ConfigError: There are fewer devices than the mesh asks, or TensorFlow was started with fewer.
    """
    dimensions = list(zip(DIMENSIONS, config.mesh_shape, strict=False))
    if dtensor.num_clients() > 1:
        return _mesh_of_processes(config, dimensions)
    if config.kind == "GPU":
        _split_gpus(config)
    # Each GPU of a mesh needs a CPU device beside it.
    _split(tf.config.list_physical_devices("CPU")[0], config.devices, None)
    present = len(tf.config.list_logical_devices(config.kind))
    if present < config.devices:
        raise ConfigError(
            f"the mesh asks for {config.devices} {config.kind} devices, but TensorFlow was started with "
            f"{present}",
            hint="make the process's largest mesh before its first TensorFlow operation",
        )
    devices = [f"{config.kind}:{index}" for index in range(config.devices)]
    return dtensor.create_mesh(dimensions, devices=devices)


def _split_gpus(config: MeshConfig) -> None:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        raise ConfigError(
            f"the mesh asks for {config.devices} GPUs, but TensorFlow sees none",
            hint="use kind: CPU, or check the driver and CUDA libraries (tf.config.list_physical_devices)",
        )
    if config.devices > len(gpus) and config.memory_limit_mb is None:
        raise ConfigError(
            f"the mesh asks for {config.devices} GPUs, but there are {len(gpus)}",
            hint="ask for fewer devices, or set memory_limit_mb, which splits a GPU into several devices",
        )
    for index, gpu in enumerate(gpus):
        share = len(range(index, config.devices, len(gpus)))
        if share > 1 or config.memory_limit_mb is not None:
            _split(gpu, max(share, 1), config.memory_limit_mb)


def _split(physical: Any, count: int, limit: int | None) -> None:
    """Asks for ``count`` logical devices, unless as many or more are configured already."""
    configured = tf.config.get_logical_device_configuration(physical)
    if configured is not None and len(configured) >= count:
        return
    one = tf.config.LogicalDeviceConfiguration(memory_limit=limit)
    try:
        tf.config.set_logical_device_configuration(physical, [one] * count)
    except RuntimeError:
        # TensorFlow has started; make_mesh counts what it was started with and says so.
        return


def _mesh_of_processes(config: MeshConfig, dimensions: list[tuple[str, int]]) -> Any:
    if config.devices != dtensor.num_clients():
        raise ConfigError(
            f"the mesh asks for {config.devices} devices, but {dtensor.num_clients()} processes of "
            "one device each work together",
            hint="start as many workers as the mesh has devices",
        )
    return dtensor.create_distributed_mesh(dimensions, device_type=config.kind)
