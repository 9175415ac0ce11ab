"""Checks of components/spectral_features: power_spectrum and accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.mesh_fft.sharded_field import read_field
from components.spectral_features.accuracy import fft_relative_error, memory_ratio
from components.spectral_features.power_spectrum import (
    band_energies,
    forward,
    inverse,
    radial_spectrum,
)
from noria.errors import DataError


def _noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _reference(values, bins):
    """Energy and modes per ring from NumPy's full spectrum."""
    power = np.abs(np.fft.fftn(values.astype(np.float64))) ** 2 / values.size
    grid = np.meshgrid(*(np.fft.fftfreq(n) for n in values.shape), indexing="ij")
    distance = np.sqrt(sum(axis**2 for axis in grid))
    place = np.minimum(
        np.floor(distance * 2 * bins + 1e-12).astype(int), int(np.ceil(bins * values.ndim**0.5)) - 1
    )
    count = int(np.ceil(bins * values.ndim**0.5))
    inside = (distance > 0).ravel()
    modes = np.bincount(place.ravel()[inside], minlength=count)
    return np.bincount(place.ravel()[inside], power.ravel()[inside], minlength=count), modes


@settings(max_examples=12, deadline=None)
@given(
    shape=st.one_of(
        st.tuples(st.integers(1, 30), st.integers(1, 30)),
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    ),
    devices=st.sampled_from([1, 3, 8]),
)
def test_parseval_and_every_mode_counted_once(mesh, shape, devices):
    values = _noise(shape)
    found = radial_spectrum(forward(read_field(values, mesh(devices))))
    energy = float((values.astype(np.float64) ** 2).sum())
    assert found.mean_energy + found.energy.sum() == pytest.approx(energy, rel=1e-5)
    assert found.modes.sum() == values.size - 1


@pytest.mark.parametrize("shape", [(24, 24), (21, 34), (12, 9, 10)])
def test_rings_are_those_of_the_full_spectrum(mesh, shape):
    values = _noise(shape)
    # A number of bins whose edges meet no mode.
    found = radial_spectrum(forward(read_field(values, mesh(8))), bins=7)
    energy, modes = _reference(values, 7)
    np.testing.assert_array_equal(found.modes, modes)
    np.testing.assert_allclose(found.energy, energy, rtol=1e-4)


def test_pencils(mesh):
    values = _noise((12, 10, 14))
    found = radial_spectrum(forward(read_field(values, mesh(2, 4))), bins=5)
    np.testing.assert_allclose(found.energy, _reference(values, 5)[0], rtol=1e-4)


def test_white_noise_has_its_variance_as_power(mesh):
    found = radial_spectrum(forward(read_field(3 * _noise((256, 200)), mesh(8))), bins=10)
    np.testing.assert_allclose(found.power[1:], 9, rtol=0.1)


def test_a_wave_is_in_its_band(mesh):
    rows, columns = np.mgrid[:64, :64]
    wave = np.cos(2 * np.pi * (12 * rows + 16 * columns) / 64).astype(np.float32) + 5
    found = radial_spectrum(forward(read_field(wave, mesh(8))))
    # 20 cycles in 64 samples: 0.3125 cycles per sample.
    np.testing.assert_allclose(band_energies(found, [0, 0.25, 0.4, 1]), [0, 1, 0], atol=1e-6)


def test_a_constant_has_no_band(mesh):
    found = radial_spectrum(forward(read_field(np.full((9, 9), 4, np.float32), mesh(8))))
    assert found.mean_energy == pytest.approx(81 * 16)
    assert band_energies(found, [0, 0.2, 1]).max() < 1e-9 or found.energy.sum() < 1e-6


def test_refuses_signals_and_full_spectra(mesh):
    with pytest.raises(DataError, match="expected \\[H, W\\]"):
        forward(read_field(_noise((8, 8, 8, 8)), mesh(8)))
    field = read_field(_noise((8, 8)), mesh(8))
    with pytest.raises(DataError, match="half spectrum"):
        radial_spectrum(field)


@pytest.mark.parametrize("shape", [(40, 33), (33, 40), (11, 8, 13)])
def test_error_is_small_and_found_where_there_is_one(mesh, shape):
    values = _noise(shape) + 1
    field = read_field(values, mesh(8))
    spectrum = forward(field)
    whole, checked = fft_relative_error(values, spectrum, most=values.size)
    assert checked == "whole"
    assert 0 < whole < 1e-6
    rows, checked = fft_relative_error(values, spectrum, most=values.size - 1)
    assert checked == "rows"
    assert 0 < rows <= whole * 1.01
    wrong = values.copy()
    wrong[3, 4] += 1
    for most in (values.size, 1):
        assert fft_relative_error(wrong, spectrum, most=most)[0] > 1e-4
    np.testing.assert_allclose(inverse(spectrum).gather(), values, atol=1e-5)


def test_each_device_holds_its_part(mesh):
    for devices in (1, 2, 8):
        field = read_field(_noise((256, 254)), mesh(devices))
        assert memory_ratio(field, forward(field)) == pytest.approx(1 / devices, rel=0.05)
