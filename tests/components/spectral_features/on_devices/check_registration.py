"""Checks of components/spectral_features: registration and known_shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from components.mesh_fft.sharded_field import read_field
from components.spectral_features.known_shifts import largest_shift_error
from components.spectral_features.registration import phase_correlation
from noria.errors import DataError


def _noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@settings(max_examples=12, deadline=None)
@given(rows=st.integers(-14, 15), columns=st.integers(-10, 10), devices=st.sampled_from([1, 3, 8]))
def test_circular_shift(mesh, rows, columns, devices):
    reference = _noise((30, 21))
    moving = np.roll(reference, (rows, columns), (0, 1))
    found = phase_correlation(read_field(reference, mesh(devices)), read_field(moving, mesh(devices)))
    assert found.shift == (rows, columns)
    assert found.peak == pytest.approx(1, abs=0.01)


def test_volumes_on_pencils(mesh):
    reference = _noise((12, 10, 14))
    moving = np.roll(reference, (5, -2, 7), (0, 1, 2))
    found = phase_correlation(read_field(reference, mesh(2, 4)), read_field(moving, mesh(2, 4)))
    assert found.shift == (5, -2, 7)


@pytest.mark.parametrize("shift", [(2.25, -3.5), (0.1, 0.4), (-31.6, 0.0)])
def test_parts_of_a_sample(mesh, shift):
    """A field of low modes, shifted exactly in the spectrum."""
    spectrum = np.fft.rfft2(_noise((64, 50)))
    fy, fx = np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(50)[None, :]
    spectrum[np.hypot(fy, fx) > 0.4] = 0
    moved = spectrum * np.exp(-2j * np.pi * (fy * shift[0] + fx * shift[1]))
    fields = (np.fft.irfft2(part, (64, 50)).astype(np.float32) for part in (spectrum, moved))
    found = phase_correlation(*(read_field(field, mesh(8)) for field in fields), subpixel=True)
    np.testing.assert_allclose(found.shift, shift, atol=0.02)
    assert 0.9 < found.peak < 1.01


def test_windows_of_a_noisy_picture(mesh):
    camera = data.camera().astype(np.float32)[:300, :260] / 255
    noisy = camera + 0.1 * _noise(camera.shape)
    assert largest_shift_error(camera, noisy, mesh(8), shifts=3, seed=0) == 0


def test_windows_of_a_surface_whose_edges_differ(mesh):
    """A slope: what meets at opposite edges is a step that stays where it is."""
    down, right = np.meshgrid(np.arange(90), np.arange(121), indexing="ij")
    bumps = np.sin(down / 3) * np.cos(right / 4 + 0.002 * right**2)
    surface = (0.05 * down + 0.1 * right + 0.2 * bumps).astype(np.float32)
    assert largest_shift_error(surface, surface, mesh(8), shifts=3, seed=0) == 0


def test_windows_that_show_nothing(mesh):
    dot = np.zeros((40, 40), np.float32)
    dot[0, 0] = 1
    assert largest_shift_error(dot, dot, mesh(8), shifts=2, seed=0) is None


def test_unrelated_fields_have_no_peak(mesh):
    fields = (read_field(_noise((64, 64), seed), mesh(8)) for seed in (1, 2))
    assert phase_correlation(*fields).peak < 0.15


def test_refuses_what_cannot_be_registered(mesh):
    field = read_field(_noise((16, 16)), mesh(8))
    with pytest.raises(DataError, match=r"\(16, 16\) and \(16, 12\)"):
        phase_correlation(field, read_field(_noise((16, 12)), mesh(8)))
    for taper in (False, True):
        with pytest.raises(DataError, match="constant"):
            phase_correlation(field, read_field(np.full((16, 16), 0.3, np.float32), mesh(8)), taper=taper)
