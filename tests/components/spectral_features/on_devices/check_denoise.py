"""Checks of components/spectral_features: denoise and noisy_field."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from components.mesh_fft.sharded_field import read_field
from components.spectral_features.config import DenoiseConfig
from components.spectral_features.denoise import denoise, noise_level
from components.spectral_features.noisy_field import write_noisy
from components.spectral_features.power_spectrum import forward


@pytest.fixture(scope="module")
def camera():
    return data.camera()[:301, :257].astype(np.float32) / 255


def _noisy(clean, deviation, seed=0):
    noise = np.random.default_rng(seed).standard_normal(clean.shape)
    return (clean + deviation * noise).astype(np.float32)


def _psnr(clean, values):
    return -10 * np.log10(((clean - values) ** 2).mean())


@pytest.mark.parametrize(
    "config",
    [
        DenoiseConfig(),
        DenoiseConfig(noise=0.1),
        DenoiseConfig(method="threshold", strength=2),
        DenoiseConfig(method="lowpass", cutoff=0.15),
    ],
)
def test_comes_nearer_to_the_field_and_keeps_its_mean(mesh, camera, config):
    noisy = _noisy(camera, 0.1)
    found = denoise(read_field(noisy, mesh(8)), config)
    values = found.field.gather()
    assert _psnr(camera, values) > _psnr(camera, noisy) + 3
    assert values.mean() == pytest.approx(noisy.mean(), abs=1e-5)
    assert found.after.energy.sum() < found.before.energy.sum()


@pytest.mark.parametrize("method", ["wiener", "threshold", "lowpass"])
def test_as_numpy_would(mesh, method):
    """Against the same filter, written with NumPy's full spectrum."""
    noisy = _noisy(np.zeros((45, 38), np.float32), 0.5) + 2
    spectrum = np.fft.fft2(noisy.astype(np.float64))
    distance = np.hypot(np.fft.fftfreq(45)[:, None], np.fft.fftfreq(38)[None, :])
    config = DenoiseConfig(method=method, noise=0.3, strength=1.5, cutoff=0.2)
    found = denoise(read_field(noisy, mesh(3)), config)
    if method == "threshold":
        magnitude = np.abs(spectrum)
        gain = np.maximum(1 - 1.5 * 0.3 * np.sqrt(noisy.size) / magnitude, 0)
    elif method == "lowpass":
        gain = 0.5 ** ((distance / 0.2) ** 2)
    else:
        filled = found.before.modes > 0
        signal = np.maximum(found.before.power[filled] - 0.09, 0)
        gain = np.interp(distance, found.before.centres[filled], signal / (signal + 1.5 * 0.09))
    gain[0, 0] = 1
    expected = np.fft.ifft2(spectrum * gain).real
    np.testing.assert_allclose(found.field.gather(), expected, atol=2e-5)


@pytest.mark.parametrize("method", ["wiener", "threshold"])
def test_without_noise_nothing_is_taken_off(mesh, camera, method):
    config = DenoiseConfig(method=method, noise=0)
    values = denoise(read_field(camera, mesh(8)), config).field.gather()
    np.testing.assert_allclose(values, camera, atol=1e-5)


def test_constant_field(mesh):
    constant = np.full((17, 12), 0.25, np.float32)
    for method in ("wiener", "threshold", "lowpass"):
        found = denoise(read_field(constant, mesh(8)), DenoiseConfig(method=method))
        np.testing.assert_allclose(found.field.gather(), constant, atol=1e-6)
        assert found.noise < 1e-6


@pytest.mark.parametrize("shape", [(128, 101), (24, 20, 28)])
@pytest.mark.parametrize("deviation", [0.01, 0.3, 40.0])
def test_noise_level_of_noise(mesh, shape, deviation):
    noise = _noisy(np.zeros(shape), deviation)
    assert noise_level(forward(read_field(noise, mesh(8)))) == pytest.approx(deviation, rel=0.04)


def test_noise_level_of_a_noisy_picture(mesh, camera):
    level = noise_level(forward(read_field(_noisy(camera, 0.1), mesh(8))))
    assert level == pytest.approx(0.1, rel=0.06)


def test_volumes_on_pencils(mesh):
    rows = np.mgrid[:16, :12, :20].sum(axis=0)
    clean = np.sin(2 * np.pi * rows / 16).astype(np.float32)
    noisy = _noisy(clean, 0.5)
    one, two = (denoise(read_field(noisy, m), DenoiseConfig()).field.gather() for m in (mesh(1), mesh(2, 4)))
    np.testing.assert_allclose(two, one, atol=1e-5)
    assert _psnr(clean, two) > _psnr(clean, noisy) + 3


def test_noise_is_the_same_in_chunks(tmp_path, monkeypatch):
    source = np.arange(600, dtype=np.float32).reshape(30, 20)
    write_noisy(source, tmp_path / "a.npy", 0.5, seed=3)
    monkeypatch.setattr("components.spectral_features.noisy_field._CHUNK", 60)
    write_noisy(source, tmp_path / "b.npy", 0.5, seed=3)
    noisy = np.load(tmp_path / "a.npy")
    np.testing.assert_array_equal(noisy, np.load(tmp_path / "b.npy"))
    assert (noisy - source).std() == pytest.approx(0.5, rel=0.1)
