import pytest

from components.mesh_fft.mesh_config import MeshConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


def test_default_is_one_dimension():
    assert MeshConfig().mesh_shape == (8,)
    assert MeshConfig(devices=6, shape=(2, 3)).mesh_shape == (2, 3)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"devices": 8, "shape": [3, 2]}, "3 x 2 has 6 devices, not 8"),
        ({"devices": 0}, "devices"),
        ({"devices": 8, "shape": [2, 2, 2]}, "shape"),
        ({"memory_limit_mb": 100}, "TensorFlow cannot limit the memory of a CPU device"),
        ({"kind": "TPU"}, "kind"),
        ({"unevn": "pad"}, "did you mean uneven"),
    ],
)
def test_what_does_not_fit(tree, message):
    with pytest.raises(ConfigError, match=message):
        parse_config(MeshConfig, tree, "mesh")
