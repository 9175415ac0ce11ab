"""Spectra before and after, pictures of denoised fields, and what was measured on each field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from components.field_ingest.field_set import SPLITS, FieldSet
from components.pictures import png
from components.spectral_features.spectral_features import SpectralFeatures, SpectrumFacts
from noria.html_report import Page

# Fields that are drawn; the tables hold all.
_DRAWN = 8
_SIDE = 200


def features_report(fields: FieldSet, found: SpectralFeatures) -> str:
    """The report as HTML; reads no more of a field than its pictures show."""
    facts = found.facts
    page = Page("Spectral features")
    page.paragraph(
        f"Mesh of {' x '.join(map(str, facts.mesh))} devices. Denoising: {facts.denoise.method}, strength "
        f"{facts.denoise.strength:g}."
    )
    if facts.fields:
        page.section("Fields").table(
            ["field", "shape", "transform's error", "checked", "memory per device", "registration error"],
            [
                (
                    f.name,
                    " x ".join(map(str, f.shape)),
                    f.fft_relative_error,
                    f.fft_checked,
                    f.memory_ratio,
                    f.registration_error,
                )
                for f in facts.fields
            ],
            caption="Error relative to the largest magnitude, against NumPy in float64; memory of field and "
            "spectrum on the fullest device, relative to the whole; error of known shifts in samples",
        )
        page.table(
            ["field", "noise added", "noise estimated", "RMSE noisy", "RMSE denoised"],
            [(f.name, f.noise, f.noise_estimate, f.rmse_noisy, f.rmse_denoised) for f in facts.fields],
            caption="Denoising",
        )
        bands = [f"{a:g}-{b:g}" for a, b in zip(facts.band_edges, facts.band_edges[1:], strict=False)]
        page.table(
            ["field", *bands],
            [(f.name, *f.bands) for f in facts.fields],
            caption="Share of energy per band of frequencies (cycles per sample), mean left out",
        )
        for field in facts.fields[:_DRAWN]:
            page.picture(_picture(fields, found, field), f"{field.name}: spectra and pictures")
    if facts.images:
        images = facts.images
        height, width = images.shape
        page.section("Features of images").paragraph(
            f"{len(images.names)} features of images of {height} x {width}: "
            f"{images.definition.radial_bins} rings times {images.definition.sectors} sectors, and modes of "
            f"up to {images.definition.low_modes} cycles."
        )
        page.table(["split", "images"], [(name, images.counts.get(name, 0)) for name in SPLITS])
        page.picture(_class_means(found), "mean feature of each class, training images")
    return page.render()


def _picture(fields: FieldSet, found: SpectralFeatures, facts: SpectrumFacts) -> bytes:
    stages = ["field", "noisy", "denoised"] if facts.noise else ["field", "denoised"]
    figure = Figure(figsize=(3.2 * (len(stages) + 1), 3), layout="constrained")
    plot, *rest = figure.subplots(1, len(stages) + 1)
    with np.load(found.folder / "spectra" / f"{facts.name}.npz") as spectra:
        filled = spectra["modes"] > 0
        middle = ((spectra["edges"][:-1] + spectra["edges"][1:]) / 2)[filled]
        for key, label in (("clean", "field"), ("noisy", "noisy"), ("denoised", "denoised")):
            if label in stages:
                power = (spectra[key] / np.maximum(spectra["modes"], 1))[filled]
                plot.loglog(middle, np.maximum(power, 1e-12), label=label, linewidth=1)
            if key == "clean":
                # Where the filter leaves nothing, its curve leaves the plot.
                plot.set_ylim(bottom=max(1e-12, float(power.min()) / 100))
    if facts.noise_estimate > 0:
        plot.axhline(facts.noise_estimate**2, color="gray", linestyle=":", label="noise, estimated")
    plot.set_xlabel("cycles per sample")
    plot.set_ylabel("mean power")
    plot.legend(fontsize=7)
    sources: dict[str, Callable[[], npt.NDArray[Any]]] = {
        "field": lambda: fields.field(facts.name),
        "noisy": lambda: found.noisy(facts.name),
        "denoised": lambda: found.denoised(facts.name),
    }
    low, high = None, None
    for axes, stage in zip(rest, stages, strict=True):
        shown = window(sources[stage]())
        if low is None:
            low, high = float(shown.min()), float(shown.max())
        axes.imshow(shown, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(stage, fontsize=9)
        axes.set_axis_off()
    return png(figure)


def window(field: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The middle of the field, or of its middle slice, of at most 200 x 200: thinning would hide noise."""
    plane = field[len(field) // 2] if field.ndim == 3 else field
    starts = [max(0, (size - _SIDE) // 2) for size in plane.shape]
    return np.array(plane[starts[0] : starts[0] + _SIDE, starts[1] : starts[1] + _SIDE])


def _class_means(found: SpectralFeatures) -> bytes:
    features, labels = found.features("train")
    classes = found.image_facts.classes
    means = np.zeros((len(classes), features.shape[1]))
    for label in range(len(classes)):
        if (labels == label).any():
            means[label] = features[labels == label].mean(axis=0)
    figure = Figure(figsize=(9, 0.3 * len(classes) + 1), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(means, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(classes)), classes, fontsize=8)
    axes.set_xlabel("feature: rings and sectors, then low modes")
    figure.colorbar(drawn, ax=axes, label="log power")
    return png(figure)


def write_spectra_picture(fields: FieldSet, found: SpectralFeatures, name: str, path: Path) -> None:
    """One field's spectra and pictures as a PNG file, to be shown beside the run."""
    facts = next(field for field in found.facts.fields if field.name == name)
    path.write_bytes(_picture(fields, found, facts))
