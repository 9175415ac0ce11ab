"""Real pictures as inputs: crops of the photographs that matplotlib and scikit-learn ship."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.device_lab.published_models.catalogue import PublishedModel

# matplotlib's portrait: centre and side of a square round the face, as shares of width, height and width.
_FACE = (0.52, 0.33, 0.55)


def crops(
    model: PublishedModel, shape: tuple[int, ...], count: int, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Seeded square crops, resized, in the range that the model expects.

    Args:
        model: Says whether faces are wanted, and the range of pixels.
        shape: Of the input, [1, height, width, 3].
        count: How many.
        seed: Of places and sizes; another seed gives pictures to calibrate with that are none of the others.

    Returns:
        [count, 1, height, width, 3].
    """
    random = np.random.default_rng([seed, shape[1]])
    pictures = _photographs()
    chosen = pictures[:1] if model.crop == "face" else pictures
    low, high = model.pixels
    made = [
        _crop(chosen[index % len(chosen)], model.crop == "face", random, (shape[2], shape[1]))
        for index in range(count)
    ]
    scaled: npt.NDArray[np.float32] = (np.stack(made)[:, None] / 255 * (high - low) + low).astype(np.float32)
    return scaled


def _crop(picture: Any, face: bool, random: np.random.Generator, size: tuple[int, int]) -> Any:
    from PIL.Image import Resampling

    width, height = picture.size
    if face:
        x, y, side = (np.array(_FACE) + random.uniform(-0.04, 0.04, 3)) * (width, height, width)
    else:
        side = random.uniform(0.5, 1.0) * min(width, height)
        x = random.uniform(side / 2, width - side / 2)
        y = random.uniform(side / 2, height - side / 2)
    box = (int(x - side / 2), int(y - side / 2), int(x + side / 2), int(y + side / 2))
    return np.asarray(picture.crop(box).resize(size, Resampling.BILINEAR))


def _photographs() -> list[Any]:
    import matplotlib
    import sklearn
    from PIL import Image

    folder = Path(sklearn.__file__).parent / "datasets" / "images"
    files = [
        Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
        folder / "china.jpg",
        folder / "flower.jpg",
    ]
    return [Image.open(file).convert("RGB") for file in files]
