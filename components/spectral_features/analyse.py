"""The whole of spectral_features: from a FieldSet to a SpectralFeatures folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from components import tracking
from components.field_ingest.field_set import SPLITS, FieldSet
from components.mesh_fft.device_mesh import make_mesh
from components.mesh_fft.sharded_field import ShardedField, read_field
from components.spectral_features.accuracy import fft_relative_error, memory_ratio
from components.spectral_features.config import SpectralFeaturesConfig
from components.spectral_features.denoise import denoise
from components.spectral_features.image_features import feature_names
from components.spectral_features.known_shifts import largest_shift_error
from components.spectral_features.mesh_features import image_features
from components.spectral_features.noisy_field import write_noisy
from components.spectral_features.power_spectrum import (
    RadialSpectrum,
    band_energies,
    forward,
    radial_spectrum,
)
from components.spectral_features.spectral_features import (
    ImageFeaturesFacts,
    SpectralFacts,
    SpectralFeatures,
    SpectrumFacts,
    load_array,
    save_facts,
    save_features,
)
from noria.errors import DataError
from noria.files import replacing


def analyse(fields: FieldSet, config: SpectralFeaturesConfig, folder: Path) -> SpectralFeatures:
    """Writes features, spectra and denoised fields; ``spectra.json`` is written last.

    Raises:
        ConfigError: The mesh cannot be made.
        DataError: A field or the images hold something that cannot be transformed, or the mesh does not
            divide a field and ``uneven`` refuses that.
    """
    whole = make_mesh(config.mesh)
    flat = make_mesh(config.mesh.model_copy(update={"shape": None}))
    images = _write_features(fields, config, flat, folder) if fields.facts.images else None
    found = []
    for number, name in enumerate(fields.names):
        mesh = whole if len(fields.shape(name)) == 3 else flat
        found.append(_analyse_field(fields, name, config, mesh, folder, number))
        tracking.progress(number + 1, len(fields.names), "fields")
    facts = SpectralFacts(
        fields=tuple(found),
        images=images,
        denoise=config.denoise,
        band_edges=config.band_edges,
        mesh=config.mesh.mesh_shape,
    )
    save_facts(folder, facts)
    return SpectralFeatures(folder, facts)


def _write_features(
    fields: FieldSet, config: SpectralFeaturesConfig, mesh: Any, folder: Path
) -> ImageFeaturesFacts:
    images, labels, split = (
        load_array(fields.folder / f"{name}.npy") for name in ("images", "labels", "split")
    )
    if not len(images) == len(labels) == len(split):
        raise DataError(
            f"{fields.folder} holds {len(images)} images, {len(labels)} labels and {len(split)} splits",
            hint="run field_ingest again",
        )
    features = image_features(
        images,
        config.images,
        mesh,
        batch=config.batch,
        progress=lambda done, total: tracking.progress(done, total, "images"),
    )
    save_features(folder, features, labels, split)
    shape = (int(images.shape[1]), int(images.shape[2]))
    return ImageFeaturesFacts(
        definition=config.images,
        shape=shape,
        names=feature_names(config.images, shape),
        classes=fields.classes,
        counts={name: int((split == number).sum()) for number, name in enumerate(SPLITS)},
    )


def _analyse_field(
    fields: FieldSet, name: str, config: SpectralFeaturesConfig, mesh: Any, folder: Path, number: int
) -> SpectrumFacts:
    source = fields.field(name)
    facts = next(field for field in fields.facts.fields if field.name == name)
    field = read_field(source, mesh, uneven=config.mesh.uneven, name=f"field {name}")
    spectrum = forward(field)
    error, checked = fft_relative_error(source, spectrum, most=config.exact_values)
    ratio = memory_ratio(field, spectrum)
    clean = radial_spectrum(spectrum)
    del spectrum

    added = config.noise * (facts.maximum - facts.minimum)
    noisy: Any = source
    if added:
        path = folder / "noisy" / f"{name}.npy"
        write_noisy(source, path, added, seed=config.seed + number)
        noisy = load_array(path)
        del field
        field = read_field(noisy, mesh, name=f"field {name} with noise")
    result = denoise(field, config.denoise)
    (folder / "denoised").mkdir(exist_ok=True)
    result.field.write_npy(folder / "denoised" / f"{name}.npy")
    _save_spectra(folder / "spectra" / f"{name}.npz", clean, result.before, result.after)
    return SpectrumFacts(
        name=name,
        shape=source.shape,
        bands=tuple(band_energies(clean, config.band_edges).tolist()),
        noise=added,
        noise_estimate=result.noise,
        rmse_noisy=_rmse(field, source) if added else None,
        rmse_denoised=_rmse(result.field, source) if added else None,
        fft_relative_error=error,
        fft_checked=checked,
        memory_ratio=ratio,
        registration_error=largest_shift_error(
            source, noisy, mesh, shifts=config.shifts, seed=config.seed + number
        )
        if facts.maximum > facts.minimum
        else None,
    )


def _save_spectra(path: Path, clean: RadialSpectrum, noisy: RadialSpectrum, denoised: RadialSpectrum) -> None:
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            edges=clean.edges,
            modes=clean.modes,
            clean=clean.energy,
            noisy=noisy.energy,
            denoised=denoised.energy,
        )


def _rmse(field: ShardedField, source: Any) -> float:
    """Root mean square of the difference, summed shard by shard in float64."""
    total = sum(
        float(np.sum((values.astype(np.float64) - source[slices]) ** 2))
        for slices, values in field.local_shards()
        if values.size
    )
    return float(np.sqrt(total / source.size))
