"""Configuration of spectral_evaluation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from components.mesh_fft.mesh_config import MeshConfig
from noria.typed_config import TypedConfig

Noise = Annotated[float, Field(gt=0, le=1)]


class DenoisingConfig(TypedConfig):
    """How ways of denoising are compared. Each chooses its parameter on other fields than it is judged on."""

    noise: tuple[Noise, ...] = Field(
        (0.05, 0.1, 0.2),
        description="Standard deviations of the noise, as a share of maximum - minimum of the field's part; "
        "empty: no comparison.",
    )
    crop: int = Field(256, ge=16, description="Side of the middle part of each 2D field that is taken.")
    wiener_strengths: tuple[PositiveFloat, ...] = Field(
        (0.25, 0.5, 1.0, 2.0, 4.0), min_length=1, description="Strengths of the spectral Wiener filter."
    )
    threshold_strengths: tuple[PositiveFloat, ...] = Field(
        (0.5, 1.0, 1.5, 2.0, 3.0), min_length=1, description="Strengths of the spectral soft threshold."
    )
    gaussian_sigmas: tuple[PositiveFloat, ...] = Field(
        (0.4, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0),
        min_length=1,
        description="Standard deviations of the Gaussian, in pixels.",
    )
    wavelet_factors: tuple[PositiveFloat, ...] = Field(
        (0.3, 0.5, 0.7, 1.0, 1.4),
        min_length=1,
        description="What the noise's deviation is multiplied by for wavelet thresholds (BayesShrink and "
        "VisuShrink).",
    )
    pictured: PositiveInt = Field(3, description="Fields whose error maps are drawn.")


class SpectralEvaluationConfig(TypedConfig):
    """What is measured beside the classifier."""

    registered_model: str = Field(
        "", description="Registered model whose champion is scored on the same images; empty = none."
    )
    mesh: MeshConfig = Field(
        default_factory=MeshConfig, description="Where fields are denoised; one dimension is used."
    )
    filled_shift: PositiveInt = Field(
        4, description="Images are shifted by up to so many pixels along each axis, zeros moving in."
    )
    baselines: bool = Field(True, description="Fit baselines.")
    shifted_copies: NonNegativeInt = Field(
        4,
        description="A rival of raw_pixels is trained on so many random circular shifts of each training "
        "image, with as many parameters, epochs and trials; 0: none.",
    )
    neighbours: tuple[PositiveInt, ...] = Field(
        (1, 3, 5, 9, 15), min_length=1, description="Numbers of neighbours; validation chooses."
    )
    draws: int = Field(2000, ge=100, description="Samples of the bootstrap behind each interval.")
    denoising: DenoisingConfig = Field(
        default_factory=DenoisingConfig, description="Comparison of denoising."
    )
    seed: int = Field(0, ge=0, description="Seed of shifts, noise, folds and bootstrap.")
