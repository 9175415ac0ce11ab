"""The comparison of ways to denoise: what is judged, how parameters are chosen, what each way does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.field_ingest.field_set import FieldSet
from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.mesh_config import MeshConfig
from components.spectral_evaluation.config import DenoisingConfig
from components.spectral_evaluation.denoisers import Candidate, denoisers
from components.spectral_evaluation.denoising import NOISY, compare, parts_of_fields
from components.spectral_evaluation.findings import gains_of
from tests.components.spectral_training.folders import write_fields


def smooth(seed: int, size: int = 32) -> np.ndarray:
    """A periodic field of a few low modes in 0..1: float32 [size, size]."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] * 2 * np.pi / size
    field = sum(random.normal() * np.cos(a * y + b * x + random.random()) for a in range(3) for b in range(3))
    return ((field - field.min()) / (field.max() - field.min())).astype(np.float32)


def test_no_field_is_judged_with_a_parameter_that_it_chose() -> None:
    parts = {f"field{n}": smooth(n) for n in range(4)}

    def knows(name: str) -> Candidate:
        # Nearly perfect on one field, useless on all others.
        def run(image: np.ndarray, _: float) -> np.ndarray:
            mine = np.abs(image - parts[name]).mean() < 0.1
            return parts[name] * np.float32(0.999) if mine else 1 - image

        return Candidate(name, run)

    methods = {"spectral_wiener": tuple(knows(name) for name in parts)}
    found = compare(parts, {}, methods, (0.05,), seed=0)
    rows = [row for row in found.rows if row.method == "spectral_wiener"]
    assert len(rows) == 4
    assert all(row.parameter != row.field for row in rows)


def test_rows_results_and_gains() -> None:
    parts = {f"field{n}": smooth(n) for n in range(3)}
    methods = {
        "spectral_wiener": (Candidate("half", lambda image, _: (image + parts["field0"]) / 2),),
        "gaussian": (Candidate("none", lambda image, _: image),),
    }
    found = compare(parts, {}, methods, (0.1, 0.2), seed=0)
    assert len(found.rows) == 2 * 3 * 3
    assert found.pictured_noise == 0.2
    assert set(found.results) == set(parts)
    noisy, gaussian = found.of(NOISY, "psnr"), found.of("gaussian", "psnr")
    assert noisy == gaussian
    # Cutting off at 0 and 1 takes a little noise away.
    assert noisy["field1", 0.1] == pytest.approx(20, abs=0.8)
    gains = gains_of(found, 200, seed=0)
    assert [(gain.method, gain.other, gain.noise) for gain in gains] == [
        ("spectral_wiener", "gaussian", 0.1),
        ("spectral_wiener", "gaussian", 0.2),
    ]
    ours = found.of("spectral_wiener", "psnr")
    expected = np.mean([ours[name, 0.1] - noisy[name, 0.1] for name in parts])
    assert gains[0].decibels == pytest.approx(float(expected))
    assert gains[0].interval[0] <= gains[0].decibels <= gains[0].interval[1]


def test_parts_are_the_middle_scaled_and_others_are_told(tmp_path: Path) -> None:
    field = np.arange(40 * 50, dtype=np.float32).reshape(40, 50)
    given = {"large": field, "flat": np.ones((40, 40)), "small": field[:10], "deep": np.ones((4, 20, 20))}
    parts, left_out = parts_of_fields(FieldSet.load(write_fields(tmp_path / "fields", given)), 20)
    assert list(parts) == ["large"]
    middle = field[10:30, 15:35]
    assert parts["large"] == pytest.approx((middle - middle.min()) / (middle.max() - middle.min()))
    assert left_out.keys() == {"flat", "small", "deep"}
    assert "3D" in left_out["deep"]


@pytest.mark.parametrize("method", ["spectral_wiener", "spectral_threshold", "gaussian", "wavelet"])
def test_every_way_takes_noise_away(method: str) -> None:
    clean, noise = smooth(0, 64), 0.1
    noisy = clean + np.float32(noise) * np.random.default_rng(0).standard_normal(clean.shape, np.float32)
    candidates = denoisers(DenoisingConfig(), make_mesh(MeshConfig(devices=1)))[method]
    assert len({candidate.parameter for candidate in candidates}) == len(candidates)
    errors = [float(np.sqrt(((c.run(noisy, noise) - clean) ** 2).mean())) for c in candidates]
    assert all(np.isfinite(errors))
    assert min(errors) < 0.4 * noise
