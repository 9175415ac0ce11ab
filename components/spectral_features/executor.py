"""Computes spectra, denoises fields and makes features of images, and reports how exact that is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.field_ingest.field_set import FieldSet
from components.spectral_features.analyse import analyse
from components.spectral_features.config import SpectralFeaturesConfig
from components.spectral_features.measurements import measurements
from components.spectral_features.report import features_report, write_spectra_picture
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
