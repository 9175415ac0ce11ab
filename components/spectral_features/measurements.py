"""The numbers of a SpectralFeatures folder."""

from __future__ import annotations

import math

from components.spectral_features.spectral_features import SpectralFacts


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
