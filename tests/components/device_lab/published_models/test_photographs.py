"""Crops of photographs."""

from __future__ import annotations

import numpy as np
import pytest

from components.device_lab.published_models.catalogue import choose
from components.device_lab.published_models.photographs import crops


@pytest.mark.parametrize("name", ["blazeface", "hands", "mobilenet_v3"])
def test_crops_have_the_inputs_shape_and_range(name: str) -> None:
    (model,) = choose([name])
    made = crops(model, (1, 48, 64, 3), 5)
    low, high = model.pixels
    assert (made.shape, made.dtype) == ((5, 1, 48, 64, 3), np.float32)
    assert low <= made.min() < made.max() <= high
    # Real pictures use most of the range.
    assert made.max() - made.min() > 0.7 * (high - low)


def test_the_seed_decides() -> None:
    (model,) = choose(["hands"])
    shape = (1, 32, 32, 3)
    np.testing.assert_array_equal(crops(model, shape, 4), crops(model, shape, 4))
    np.testing.assert_array_equal(crops(model, shape, 2), crops(model, shape, 4)[:2])
    calibration = {picture.tobytes() for picture in crops(model, shape, 24, seed=1)}
    assert len(calibration) == 24
    assert not calibration & {picture.tobytes() for picture in crops(model, shape, 24)}
