"""Meshes of one process with eight logical CPU devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.mesh_config import MeshConfig

# The largest first: it decides how many logical devices the process has.
make_mesh(MeshConfig(devices=8))


@pytest.fixture(scope="session")
def mesh() -> Callable[..., Any]:
    """``mesh(4)``: four devices in one dimension; ``mesh(2, 4)``: two dimensions."""
    made: dict[tuple[int, ...], Any] = {}

    def make(*shape: int) -> Any:
        if shape not in made:
            devices = shape[0] * (shape[1] if len(shape) > 1 else 1)
            made[shape] = make_mesh(MeshConfig(devices=devices, shape=shape))
        return made[shape]

    return make
