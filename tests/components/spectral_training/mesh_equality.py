"""Started by test_mesh.py: the largest difference of features on a mesh and in the classifier's graph."""

from __future__ import annotations

import numpy as np

from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.mesh_config import MeshConfig
from components.spectral_features.config import ImageFeatures
from components.spectral_features.mesh_features import image_features
from components.spectral_training.spectral_transform import SpectralTransform


def main() -> None:
    """8 logical devices; sizes that the mesh divides and does not, odd and even."""
    mesh = make_mesh(MeshConfig(devices=8))
    largest = 0.0
    for height, width, count in ((28, 28, 40), (17, 23, 13)):
        images = np.random.default_rng(0).random((count, height, width), dtype=np.float32) ** 3
        images[0], images[1] = 0, 1
        definition = ImageFeatures()
        expected = image_features(images, definition, mesh)
        found = SpectralTransform(definition, (height, width))(images).numpy()
        largest = max(largest, float(np.abs(found - expected).max()))
    print(largest)


if __name__ == "__main__":
    main()
