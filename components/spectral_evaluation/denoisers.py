"""Ways to denoise an image, each with the parameters that are tried."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import pywt  # type: ignore[import-untyped]
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_wavelet

from components.field_ingest.field_set import Floats
from components.mesh_fft.sharded_field import read_field
from components.spectral_evaluation.config import DenoisingConfig
from components.spectral_features.config import DenoiseConfig
from components.spectral_features.denoise import denoise

# Symlets are near to symmetric, which keeps edges in place.
_WAVELET = "sym4"


@dataclass(frozen=True)
class Candidate:
    """A way with one parameter.

    Attributes:
        parameter: In words.
        run: Noisy image float32 [H, W] and the noise's standard deviation to the denoised image.
    """

    parameter: str
    run: Callable[[Floats, float], Floats]


def denoisers(config: DenoisingConfig, mesh: Any) -> Mapping[str, tuple[Candidate, ...]]:
    """The ways that are compared; all are told the noise's standard deviation.

    Args:
        config: The parameters.
        mesh: Where the spectral ones run; one dimension.
    """
    wavelets = product(("BayesShrink", "VisuShrink"), config.wavelet_factors, (False, True))
    return {
        "spectral_wiener": tuple(_spectral("wiener", s, mesh) for s in config.wiener_strengths),
        "spectral_threshold": tuple(_spectral("threshold", s, mesh) for s in config.threshold_strengths),
        "gaussian": tuple(_gaussian(sigma) for sigma in config.gaussian_sigmas),
        "wavelet": tuple(_wavelet(*parameters) for parameters in wavelets),
    }


def _spectral(method: Literal["wiener", "threshold"], strength: float, mesh: Any) -> Candidate:
    def run(image: Floats, noise: float) -> Floats:
        config = DenoiseConfig(method=method, noise=noise, strength=strength)
        return np.asarray(denoise(read_field(image, mesh), config).field.gather(), np.float32)

    return Candidate(f"strength {strength:g}", run)


def _gaussian(sigma: float) -> Candidate:
    return Candidate(f"sigma {sigma:g}", lambda image, _: gaussian_filter(image, sigma, mode="reflect"))


def _wavelet(method: str, factor: float, every_level: bool) -> Candidate:
    def run(image: Floats, noise: float) -> Floats:
        # scikit-image leaves out the three coarsest levels, where strong noise is, too.
        levels = pywt.dwt_max_level(min(image.shape), _WAVELET) if every_level else None
        with warnings.catch_warnings():
            # BayesShrink divides by the signal's deviation in a band, which may be 0: the threshold is then
            # infinite and the band goes, as it should.
            warnings.filterwarnings("ignore", "divide by zero", RuntimeWarning)
            found = denoise_wavelet(
                image,
                sigma=factor * noise,
                wavelet=_WAVELET,
                mode="soft",
                method=method,
                wavelet_levels=levels,
                rescale_sigma=True,
            )
        return np.asarray(found, np.float32)

    return Candidate(f"{method}, {factor:g} x noise{', every level' if every_level else ''}", run)
