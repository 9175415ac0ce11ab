"""The specification of spectral_features."""

from __future__ import annotations

from components import artifacts
from components.spectral_features.config import SpectralFeaturesConfig
from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.channel import BaseChannel


class SpectralFeatures(StepComponent):
    """Computes spectra, denoises fields and makes features of images; output ``features``."""

    SPEC_CLASS = step_spec(
        "SpectralFeatures",
        inputs={"fields": artifacts.FieldSet},
        outputs={"features": artifacts.SpectralFeatures},
    )
    EXECUTOR_SPEC = ExecutorPath("components.spectral_features.executor.Executor")

    def __init__(self, config: SpectralFeaturesConfig, *, fields: BaseChannel) -> None:
        super().__init__(config, {"fields": fields})
