"""Checks of components/spectral_features: analyse, executor, report, and the folder that they write."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skimage import data

from components.field_ingest.config import FieldIngestConfig
from components.field_ingest.field_set import FieldSet
from components.field_ingest.ingest import ingest
from components.spectral_features.config import SpectralFeaturesConfig
from components.spectral_features.executor import Executor
from components.spectral_features.image_features import reference_features
from components.spectral_features.report import window
from components.spectral_features.spectral_features import SpectralFeatures
from components.tracking import RECORDS, recording
from noria.errors import ConfigError, DataError
from noria.typed_config import parse_config


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fields")
    np.save(folder / "camera.npy", data.camera()[:201, :164].astype(np.float32) / 255)
    np.save(folder / "flat.npy", np.full((10, 12), 0.5, np.float32))
    np.savez(
        folder / "images.npz",
        images=np.random.default_rng(0).random((60, 12, 11), np.float32),
        labels=np.arange(60) % 3,
        classes=np.array(["a", "b", "c"]),
    )
    tree = {
        "fields": [{"name": name, "path": str(folder / f"{name}.npy")} for name in ("camera", "flat")],
        "generate": [{"name": "cube", "shape": [20, 18, 22], "spectrum": 4}],
        "images": {"kind": "npz", "path": str(folder / "images.npz")},
    }
    out = folder / "out"
    out.mkdir()
    return ingest(parse_config(FieldIngestConfig, tree, "test"), out)


def _run(fields, folder, **tree):
    folder.mkdir()
    config = parse_config(SpectralFeaturesConfig, tree, "test")
    with recording({"features": folder}):
        Executor().run(config, {"fields": fields.folder}, {"features": folder})
    records = [json.loads(line) for line in (folder / RECORDS).read_text().splitlines()]
    return {record["name"]: record["value"] for record in records if record["kind"] == "metric"}


@pytest.fixture(scope="module")
def run(fields, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    return _run(fields, folder), SpectralFeatures.load(folder)


def test_metrics(run):
    metrics, _ = run
    assert 0 < metrics["fft_max_relative_error"] < 1e-6
    # The field of 10 rows is padded to 16; the spectrum of 7 columns to 8.
    assert 1 / 8 <= metrics["memory_per_device_ratio"] < 0.2
    assert metrics["registration_max_error"] == 0
    assert metrics["denoise_gain_db"] > 3
    assert metrics["images"] == 60


def test_features_belong_to_the_images(run, fields):
    _, found = run
    facts = found.image_facts
    assert facts.classes == ("a", "b", "c")
    for split in ("train", "valid", "test"):
        images, labels = fields.images(split)
        features, got = found.features(split)
        np.testing.assert_array_equal(got, labels)
        assert features.shape == (len(labels), len(facts.names))
        np.testing.assert_allclose(features, reference_features(facts.definition, images), atol=1e-4)


def test_fields_are_denoised(run, fields):
    _, found = run
    for facts in found.facts.fields:
        clean, denoised = fields.field(facts.name), found.denoised(facts.name)
        assert denoised.shape == clean.shape
        if facts.name == "flat":
            assert facts.registration_error is None
            assert facts.noise == 0
            np.testing.assert_allclose(denoised, clean, atol=1e-6)
            continue
        noise = found.noisy(facts.name) - clean
        assert noise.std() == pytest.approx(facts.noise, rel=0.05)
        assert np.sqrt(((denoised - clean) ** 2).mean()) == pytest.approx(facts.rmse_denoised, rel=1e-4)
        assert facts.rmse_denoised < facts.rmse_noisy
        assert sum(facts.bands) == pytest.approx(1)


def test_report_shows_every_field(run):
    _, found = run
    text = (found.folder / "report.html").read_text()
    assert all(name in text for name in ("camera", "flat", "cube", "Features of images"))
    assert text.count("<img") == 4


def test_pencils_smaller_mesh_and_no_noise_give_the_same_spectra(run, fields, tmp_path):
    _, first = run
    metrics = _run(
        fields,
        tmp_path / "out",
        mesh={"devices": 4, "shape": [2, 2]},
        noise=0,
        batch=16,
        exact_values=1000,
        denoise={"method": "threshold"},
    )
    assert "denoise_gain_db" not in metrics
    assert metrics["fft_max_relative_error"] < 1e-6
    second = SpectralFeatures.load(tmp_path / "out")
    for a, b in zip(first.facts.fields, second.facts.fields, strict=True):
        assert b.fft_checked == ("whole" if b.name == "flat" else "rows")
        assert b.bands == pytest.approx(a.bands, abs=1e-5)
    np.testing.assert_allclose(first.features("test")[0], second.features("test")[0], atol=1e-4)
    with pytest.raises(DataError, match=r"noisy.camera\.npy is missing"):
        second.noisy("camera")


def test_bad_input(fields, tmp_path):
    with pytest.raises(ConfigError, match=r"9 CPU devices.*started with 8"):
        _run(fields, tmp_path / "a", mesh={"devices": 9})
    with pytest.raises(DataError, match=r"field camera: axis 0 has 201 elements.*mesh of 4 devices"):
        _run(fields, tmp_path / "uneven", mesh={"devices": 4, "uneven": "refuse"})
    path = tmp_path / "set" / "fields"
    path.mkdir(parents=True)
    (tmp_path / "set" / "fields.json").write_text((fields.folder / "fields.json").read_text())
    for name in fields.names:
        np.save(path / f"{name}.npy", fields.field(name))
    tree = json.loads((tmp_path / "set" / "fields.json").read_text()) | {"images": None}
    (tmp_path / "set" / "fields.json").write_text(json.dumps(tree))
    broken = np.array(fields.field("camera"))
    broken[7, 9] = np.inf
    np.save(path / "camera.npy", broken)
    with pytest.raises(DataError, match=r"field camera.*\(7, 9\) is inf"):
        _run(FieldSet.load(tmp_path / "set"), tmp_path / "b")
    assert not (tmp_path / "b" / "spectra.json").exists()
    tree = json.loads((fields.folder / "fields.json").read_text())
    (tmp_path / "set" / "fields.json").write_text(json.dumps(tree))
    for name in ("images", "labels", "split"):
        content = (fields.folder / f"{name}.npy").read_bytes()
        (tmp_path / "set" / f"{name}.npy").write_bytes(content)
    np.save(tmp_path / "set" / "labels.npy", np.zeros(7, np.int64))
    with pytest.raises(DataError, match="60 images, 7 labels"):
        _run(FieldSet.load(tmp_path / "set"), tmp_path / "c")
    (tmp_path / "set" / "images.npy").write_bytes((fields.folder / "images.npy").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"images\.npy is missing or damaged"):
        _run(FieldSet.load(tmp_path / "set"), tmp_path / "d")


def test_windows_are_not_thinned():
    field = np.arange(500 * 600, dtype=np.float32).reshape(500, 600)
    np.testing.assert_array_equal(window(field), field[150:350, 200:400])
    assert window(np.zeros((7, 30, 600))).shape == (30, 200)
