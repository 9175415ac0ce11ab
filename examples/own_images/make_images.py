"""Makes this example's files: textures of three kinds, each at a random phase, and one larger field.

python examples/own_images/make_images.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

FOLDER = Path(__file__).parent
SIDE, PER_CLASS = 20, 120
# Cycles per image along rows and columns; what tells the kinds apart is no place in the picture.
KINDS = {"coarse": (2, 1), "fine": (6, 2), "diagonal": (4, 4)}


def texture(kind: str, random: np.random.Generator) -> np.ndarray:
    """float32 [SIDE, SIDE] in 0..1."""
    down, right = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    rows, columns = np.array(KINDS[kind]) * random.uniform(0.9, 1.1, 2)
    wave = np.cos(2 * np.pi * (rows * down + columns * right) / SIDE + random.uniform(0, 2 * np.pi))
    return np.clip(0.5 + 0.25 * wave + random.normal(0, 0.25, wave.shape), 0, 1).astype(np.float32)


def main() -> None:
    """Writes images.npz and surface.tif."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(KINDS)), PER_CLASS)
    images = np.stack([texture(list(KINDS)[label], random) for label in labels])
    packed = np.round(images * 255).astype(np.uint8)
    np.savez_compressed(FOLDER / "images.npz", images=packed, labels=labels, classes=list(KINDS))
    steps = random.normal(size=(90, 120)).cumsum(axis=0).cumsum(axis=1)
    surface = (steps - steps.min()) / (steps.max() - steps.min())
    for name, part in (("surface", surface), ("surface_below", surface[::-1])):
        tifffile.imwrite(FOLDER / f"{name}.tif", np.round(part * 65535).astype(np.uint16), compression="zlib")


if __name__ == "__main__":
    main()
