"""Computes spectra, denoises fields and makes features of images, and reports how exact that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.field_ingest.field_set import FieldSet
from components.spectral_features.analyse import analyse
from components.spectral_features.config import SpectralFeaturesConfig
from components.spectral_features.report import features_report, write_spectra_picture
from components.spectral_features.spectral_features import SpectralFacts
from components.step_executor import StepExecutor
from noria.files import write_text


class Executor(StepExecutor[SpectralFeaturesConfig]):
    """Writes a SpectralFeatures folder with ``report.html``."""

    config_type = SpectralFeaturesConfig

    def run(
        self, config: SpectralFeaturesConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Analyses every field and the images, draws the report, and reports the measurements."""
        folder = outputs["features"]
        fields = FieldSet.load(inputs["fields"])
        found = analyse(fields, config, folder)
        report = folder / "report.html"
        write_text(report, features_report(fields, found))
        tracking.artifact(report)
        for name in fields.names[:1]:
            picture = folder / "spectra.png"
            write_spectra_picture(fields, found, name, picture)
            tracking.artifact(picture)
        tracking.params(
            {
                "mesh": " x ".join(map(str, found.facts.mesh)),
                "devices": config.mesh.kind,
                "denoise": config.denoise.method,
            }
        )
        tracking.metrics(measurements(found.facts))


def measurements(facts: SpectralFacts) -> dict[str, float]:
    """The step's metrics.

    fft_max_relative_error, memory_per_device_ratio and registration_max_error are the worst of all fields;
    denoise_gain_db is the mean gain in PSNR where noise was added.
    """
    values: dict[str, float] = {}
    if facts.fields:
        values["fft_max_relative_error"] = max(field.fft_relative_error for field in facts.fields)
        values["fft_checked_whole"] = sum(field.fft_checked == "whole" for field in facts.fields)
        values["memory_per_device_ratio"] = max(field.memory_ratio for field in facts.fields)
    registered = [f.registration_error for f in facts.fields if f.registration_error is not None]
    if registered:
        values["registration_max_error"] = max(registered)
    gains = [
        20 * math.log10(field.rmse_noisy / field.rmse_denoised)
        for field in facts.fields
        if field.rmse_noisy and field.rmse_denoised
    ]
    if gains:
        values["denoise_gain_db"] = sum(gains) / len(gains)
    if facts.images:
        values["features"] = len(facts.images.names)
        values["images"] = sum(facts.images.counts.values())
    return values
