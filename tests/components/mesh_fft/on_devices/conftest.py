"""Meshes of one process with eight logical CPU devices."""

import pytest

from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.mesh_config import MeshConfig

# The largest first: it decides how many logical devices the process has.
make_mesh(MeshConfig(devices=8))

_MESHES = {}


@pytest.fixture(scope="session")
def mesh():
    """``mesh(4)``: four devices in one dimension; ``mesh(2, 3)``: two dimensions."""

    def make(*shape):
        if shape not in _MESHES:
            devices = shape[0] * (shape[1] if len(shape) > 1 else 1)
            _MESHES[shape] = make_mesh(MeshConfig(devices=devices, shape=shape))
        return _MESHES[shape]

    return make
