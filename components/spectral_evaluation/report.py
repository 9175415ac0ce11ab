"""The evaluation as one page with its pictures."""

from __future__ import annotations

from pathlib import Path

from components.classification.pictures import confusion_picture
from components.evaluation_record import ChampionResult, ChampionUnreachable
from components.spectral_evaluation.config import SpectralEvaluationConfig
from components.spectral_evaluation.denoising import NOISY, Comparison
from components.spectral_evaluation.findings import RAW, SPECTRAL, Findings
from components.spectral_evaluation.intervals import Interval
from components.spectral_evaluation.pictures import (
    accuracy_picture,
    denoising_picture,
    error_maps,
    spectra_picture,
)
from noria.files import write_bytes, write_text
from noria.html_report import Page

Pictures = dict[str, bytes]


def write_report(folder: Path, config: SpectralEvaluationConfig, findings: Findings) -> list[Path]:
    """Writes ``report.html`` and its pictures into ``folder``; returns their paths."""
    page = Page("Spectral evaluation")
    pictures = _classification(page, config, findings) | _denoising(page, config, findings)
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _classification(page: Page, config: SpectralEvaluationConfig, findings: Findings) -> Pictures:
    page.section("Classification").paragraph(
        f"{len(findings.labels)} test images, which neither training nor any choice has seen. test: as they "
        "are; circular: each shifted at random, what leaves on one side comes in on the other; filled: "
        f"shifted at random by up to {config.filled_shift} pixels along each axis, zeros come in. Only "
        "shifted_pixels was trained on shifted images. Intervals are of 95 %, by bootstrap over the images; "
        "they do not cover what another seed of the training would change."
    )
    cases = list(findings.over_raw)
    header = ["", *(f"{case} {what}" for case in cases for what in ("accuracy", "macro F1"))]
    rows: list[list[object]] = []
    for name, of_case in findings.scores.items():
        cells: list[object] = [name]
        for case in cases:
            scores = of_case[case]
            cells.append(_with_interval(scores.accuracy, scores.accuracy_interval))
            cells.append(_with_interval(scores.macro_f1, scores.macro_f1_interval))
        rows.append(cells)
    champion = findings.champion
    if isinstance(champion, ChampionResult):
        found = [
            champion.metrics.get(f"{case}_{what}") for case in cases for what in ("accuracy", "macro_f1")
        ]
        rows.append([f"champion (version {champion.version})", *found])
    page.table(header, rows)
    if isinstance(champion, ChampionUnreachable):
        page.paragraph(f"The champion was not measured: {champion.unreachable}")
    page.table(
        ["case", "accuracy of spectral minus raw pixels"],
        [[case, _with_interval(value, ends)] for case, (value, ends) in findings.over_raw.items()],
        "Paired: both see the same images",
    )
    pictures = {
        "accuracy.png": accuracy_picture(findings.scores),
        **{
            f"confusion_{name}.png": confusion_picture(
                findings.labels, findings.predictions[name]["test"], findings.classes
            )
            for name in (SPECTRAL, RAW)
        },
    }
    page.picture(pictures["accuracy.png"], "accuracy by case, with intervals")
    for name in (SPECTRAL, RAW):
        words = name.replace("_", " ")
        page.picture(pictures[f"confusion_{name}.png"], f"confusion of {words}, test images as they are")
    return pictures


def _denoising(page: Page, config: SpectralEvaluationConfig, findings: Findings) -> Pictures:
    page.section("Denoising")
    comparison = findings.denoising
    if comparison is None:
        page.paragraph(f"Not compared: {findings.not_denoised}")
        return {}
    page.paragraph(
        f"The middle {config.denoising.crop} x {config.denoising.crop} pixels of {len(comparison.fields)} "
        "fields, scaled to 0..1, with white noise. Every way is told the noise's deviation; its parameter is "
        "the best (mean PSNR) on the other half of the fields, so no field is judged with a parameter that "
        "it chose. Results are cut off at 0 and 1."
    )
    levels = sorted({row.noise for row in comparison.rows})
    psnr, ssim = findings.denoising_means("psnr"), findings.denoising_means("ssim")
    page.table(
        ["way", *(f"{what}, noise {level:g}" for level in levels for what in ("PSNR, dB", "SSIM"))],
        [
            [name, *(f"{means[name][i]:.{digits}f}" for i in range(len(levels)) for means, digits in both)]
            for both in [((psnr, 2), (ssim, 3))]
            for name in psnr
        ],
        "Means over the fields",
    )
    page.table(
        ["way", "against", "noise", "gain in PSNR, dB"],
        [[g.method, g.other, g.noise, _with_interval(g.decibels, g.interval, 2)] for g in findings.gains],
        f"Intervals are of 95 %, by bootstrap over {len(comparison.fields)} fields",
    )
    chosen = _pictured(comparison, config.denoising.pictured)
    first = chosen[0]
    pictures = {
        "psnr.png": denoising_picture(psnr, levels, "mean PSNR, dB"),
        "ssim.png": denoising_picture(ssim, levels, "mean SSIM"),
        "error_maps.png": error_maps(
            {name: comparison.fields[name] for name in chosen},
            {name: comparison.results[name] for name in chosen},
        ),
        "spectra.png": spectra_picture(first, comparison.fields[first], comparison.results[first]),
    }
    level = f"noise {comparison.pictured_noise:g}"
    page.picture(pictures["psnr.png"], "mean peak signal-to-noise ratio over the noise level")
    page.picture(pictures["ssim.png"], "mean structural similarity over the noise level")
    page.picture(pictures["error_maps.png"], f"{level}: results, and how far each is from the field")
    page.picture(pictures["spectra.png"], f"{first}, {level}: power by frequency before and after")
    if comparison.left_out:
        page.table(["field left out", "why"], [[name, why] for name, why in comparison.left_out.items()])
    page.table(
        ["field", "noise", "way", "parameter", "PSNR, dB", "SSIM"],
        [[r.field, r.noise, r.method, r.parameter, r.psnr, r.ssim] for r in comparison.rows],
        "Every field",
    )
    return pictures


def _pictured(comparison: Comparison, count: int) -> list[str]:
    """Fields from the one where the Wiener filter gains most over nothing done to the one where least."""
    wiener, noisy = comparison.of("spectral_wiener", "psnr"), comparison.of(NOISY, "psnr")
    level = comparison.pictured_noise
    ordered = sorted(comparison.fields, key=lambda name: noisy[name, level] - wiener[name, level])
    steps = min(count, len(ordered))
    return [ordered[round(i * (len(ordered) - 1) / max(steps - 1, 1))] for i in range(steps)]


def _with_interval(value: float, interval: Interval, digits: int = 3) -> str:
    return f"{value:.{digits}f} ({interval[0]:.{digits}f} to {interval[1]:.{digits}f})"
