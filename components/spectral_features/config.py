"""What spectral_features computes; imports nothing heavy."""

from __future__ import annotations

import itertools
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from components.mesh_fft.mesh_config import MeshConfig
from noria.typed_config import TypedConfig


class ImageFeatures(TypedConfig):
    """Definition of the features of an image of H x W; ``image_features.py`` computes them.

    With x in 0..1, F = rfft2(x) / sqrt(H W) and power p = |F|^2 (float [H, W // 2 + 1]), every feature is

        log(sum_k pooling[f, k] p[k] + floor)

    where pooling (``image_features.pooling``: float32 [F, H, W // 2 + 1], no negative weight, rows sum to 1)
    averages the power over a bin of frequencies: first rings times sectors, then single low modes. The power,
    and so every feature, is the same for every circular shift of the image.
    """

    radial_bins: PositiveInt = Field(
        8,
        description="Rings of equal width between 0 and 0.5 cycles per pixel; a mode on an edge is in the "
        "inner ring, mode 0 in none.",
    )
    sectors: PositiveInt = Field(
        8, description="Sectors of each ring, over half a turn: a real image's other half is the same."
    )
    low_modes: NonNegativeInt = Field(
        6, description="Every mode of up to so many cycles per image and axis is a feature of its own."
    )
    floor: float = Field(
        1e-2,
        gt=0,
        description="Added to the power before the logarithm: the power of white noise of this variance.",
    )


class DenoiseConfig(TypedConfig):
    """A filter in the spectrum."""

    method: Literal["wiener", "threshold", "lowpass"] = Field(
        "wiener",
        description="wiener: weigh each frequency by signal / (signal + noise), the signal's power taken "
        "from the radial power spectrum; threshold: shrink every coefficient's magnitude (soft); lowpass: "
        "Gaussian.",
    )
    noise: float | None = Field(
        None,
        ge=0,
        description="Standard deviation of the noise, in the field's unit; null: estimated from the highest "
        "frequencies.",
    )
    strength: float = Field(
        1.0,
        gt=0,
        description="wiener: the noise's power counts so many times; threshold: so many standard deviations "
        "of a coefficient's noise are taken off.",
    )
    cutoff: float = Field(
        0.15, gt=0, le=1, description="lowpass: cycles per sample at which the amplitude is halved."
    )


class SpectralFeaturesConfig(TypedConfig):
    """Configuration of spectral_features."""

    mesh: MeshConfig = Field(
        default_factory=MeshConfig,
        description="The mesh. Two dimensions are for 3D fields; 2D ones and images: its devices in a row.",
    )
    images: ImageFeatures = Field(default_factory=ImageFeatures, description="Features of labelled images.")
    denoise: DenoiseConfig = Field(default_factory=DenoiseConfig, description="Denoising of the fields.")
    noise: float = Field(
        0.1,
        ge=0,
        description="White noise that is added to each field before it is denoised: standard deviation "
        "as a share of maximum - minimum. 0: fields are denoised as they are.",
    )
    band_edges: tuple[float, ...] = Field(
        (0.0, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0),
        min_length=2,
        description="Edges, in cycles per sample, of the bands whose energy is told.",
    )
    shifts: PositiveInt = Field(3, description="Known shifts per field by which registration is checked.")
    seed: int = Field(0, ge=0, description="Seed of noise and shifts.")
    batch: PositiveInt = Field(1024, description="Images per batch; changes no value.")
    exact_values: PositiveInt = Field(
        2**22,
        description="Fields of up to so many values are held against NumPy's float64 FFT whole, larger ones "
        "in some rows of the spectrum.",
    )

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        edges = self.band_edges
        if edges[0] < 0 or any(high <= low for low, high in itertools.pairwise(edges)):
            raise ValueError(f"band_edges {list(edges)}: expected rising numbers from 0 on")
        return self
