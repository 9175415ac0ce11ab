"""The README's tables of a run of the spectral pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.readme_numbers import devices_row, minutes, share

_CLASSIFIERS = {
    "": "**spectral features**",
    "baseline_raw_pixels_": "the same network on raw pixels",
    "baseline_shifted_pixels_": "the same network on raw pixels, trained on shifted copies, too",
    "baseline_logistic_regression_": "logistic regression on raw pixels",
    "baseline_nearest_neighbours_": "nearest neighbours, raw pixels",
    "baseline_feature_regression_": "logistic regression on spectral features",
    "baseline_majority_": "one class for all",
}
_METHODS = {
    "wavelet": "wavelet (BayesShrink or VisuShrink, scikit-image)",
    "spectral_wiener": "**spectral Wiener filter, on the mesh**",
    "gaussian": "Gaussian",
    "spectral_threshold": "**spectral soft threshold, on the mesh**",
    "noisy": "nothing",
}


def table(run: dict[str, Any]) -> str:
    """The tables of one run's metrics as Markdown."""
    got = run["metrics"]
    lines = [
        f"| accuracy on {got['test_images']:,.0f} test images | as they are | shifted anywhere, circularly "
        "| shifted by up to 4 pixels, zeros come in |",
        "|---|---|---|---|",
    ]
    for prefix, title in _CLASSIFIERS.items():
        values = [got.get(f"{prefix}{case}_accuracy") for case in ("test", "circular", "filled")]
        if None not in values:
            lines.append(f"| {title} | " + " | ".join(share(value) for value in values) + " |")
    lines += ["", "| denoising, mean over fields and noise levels | PSNR, dB | SSIM |", "|---|---|---|"]
    for method, title in _METHODS.items():
        psnr, ssim = got[f"denoise_{method}_psnr"], got[f"denoise_{method}_ssim"]
        lines.append(f"| {title} | {psnr:.1f} | {share(ssim)} |")
    return "\n".join([*lines, "", *_facts(run)])


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """Spectra before and after denoising."""
    return {"spectral_spectra.png": Path(run["artifacts"]["features"], "spectra.png")}


def _facts(run: dict[str, Any]) -> list[str]:
    got = run["metrics"]
    largest = max(step["memory_mb"] or 0 for step in run["steps"]) / 1000
    return [
        "| of the same run | measured |",
        "|---|---|",
        "| largest error of a transform beside NumPy in float64, "
        f"{got['fft_checked_whole']:.0f} fields whole | {got['fft_max_relative_error']:.1e} |",
        "| bytes of field and spectrum on the fullest of 8 devices, of the whole "
        f"| {got['memory_per_device_ratio']:.3f} |",
        "| shifts found by phase correlation in noise, largest error "
        f"| {got['registration_max_error']:g} pixels |",
        "| the classifier as a file, the transform inside; same answer as the model, FP32 / forced FP16 | "
        f"{got['tflite_bytes'] / 1e3:.0f} kB; {got['tflite_agreement']:.1%} / "
        f"{got['tflite_half_precision_agreement']:.1%} |",
        *filter(None, [devices_row(run)]),
        f"| all steps; memory of the largest step | {minutes(run['seconds'])}; {largest:.1f} GB |",
    ]
