"""Tests of components/field_ingest/generate.py."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.field_ingest.config import GenerateConfig
from components.field_ingest.field_set import field_path
from components.field_ingest.generate import generate_field


def _generate(folder: Path, **settings: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    facts = generate_field(GenerateConfig(name="g", **settings), folder, chunk_mb=1)
    values = np.load(field_path(folder, "g"))
    assert values.dtype == np.float32
    assert facts.shape == values.shape == tuple(settings["shape"])
    return values


@pytest.mark.parametrize("shape", [(300, 257), (256, 256), (40, 51, 64), (2, 2), (2, 3, 2)])
def test_mean_and_deviation(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = _generate(tmp_path, shape=shape)
    assert values.mean(dtype=np.float64) == pytest.approx(0, abs=1e-6)
    assert values.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == ["fields"]


@pytest.mark.parametrize("exponent", [0.0, 2.0, 3.5])
@pytest.mark.parametrize("shape", [(512, 511), (64, 65, 66)])
def test_power_falls_as_told(shape: tuple[int, ...], exponent: float, tmp_path: Path) -> None:
    power = np.abs(np.fft.fftn(_generate(tmp_path, shape=shape, spectrum=exponent))) ** 2
    frequencies = np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij")
    radius = np.sqrt(sum(f**2 for f in frequencies)).ravel()
    inside = (radius > 0.04) & (radius < 0.5)
    bins = np.digitize(radius[inside], np.geomspace(0.04, 0.5, 12))
    # Single values of noise spread widely; a bin's mean does not.
    flat = power.ravel()[inside] * radius[inside] ** exponent
    level = np.array([flat[bins == i].mean() for i in np.unique(bins)])
    assert level.max() / level.min() < 1.35


def test_seed_settles_the_field_and_blocks_do_not(tmp_path: Path) -> None:
    shape = (40, 50, 33)
    first = _generate(tmp_path, shape=shape, seed=3)
    assert np.array_equal(first, _generate(tmp_path, shape=shape, seed=3))
    assert not np.allclose(first, _generate(tmp_path, shape=shape, seed=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.field_ingest.generate.rows_per_block", lambda *_: 7)
        np.testing.assert_allclose(_generate(tmp_path, shape=shape, seed=3), first, atol=2e-5)


def test_memory_stays_far_below_the_field(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        values = generate_field(GenerateConfig(name="g", shape=(2048, 4096)), tmp_path, chunk_mb=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert values.shape == (2048, 4096)
    assert peak < 2048 * 4096 * 4 / 4
