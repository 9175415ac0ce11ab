"""Everything that the evaluation found, and the flat names that it is reported by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.classification.scores import Classification
from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.field_ingest.field_set import Ints
from components.spectral_evaluation.denoising import NOISY, Comparison
from components.spectral_evaluation.intervals import Interval, Scores, mean_interval

# The names of the two trained classifiers among the others.
SPECTRAL, RAW = "spectral", "raw_pixels"


@dataclass(frozen=True)
class Gain:
    """By how much one way of denoising has a better PSNR than another, as a mean over fields."""

    method: str
    other: str
    noise: float
    decibels: float
    interval: Interval


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        classes: Class names.
        labels: int64 [n] of the test images.
        predictions: Classifier to case to int64 [n]; the first is SPECTRAL.
        scores: Likewise, to scores.
        over_raw: Case to accuracy of SPECTRAL minus that of RAW, and the interval of that.
        per_class: SPECTRAL on the test images as they are.
        champion: The registered champion on the same images.
        denoising: None: there was nothing to compare on.
        gains: Spectral ways against others.
        not_denoised: Why ``denoising`` is None.
    """

    classes: tuple[str, ...]
    labels: Ints
    predictions: Mapping[str, Mapping[str, Ints]]
    scores: Mapping[str, Mapping[str, Scores]]
    over_raw: Mapping[str, tuple[float, Interval]]
    per_class: Classification
    champion: ChampionResult | ChampionUnreachable | None
    denoising: Comparison | None
    gains: tuple[Gain, ...]
    not_denoised: str

    def metrics(self, name: str) -> Metrics:
        """A classifier's metrics by flat name, ``CASE_accuracy`` and so on."""
        return flat(self.scores[name])

    def denoising_means(self, measure: str) -> dict[str, list[float]]:
        """Way to its mean ``psnr`` or ``ssim`` per noise level; empty without a comparison."""
        if self.denoising is None:
            return {}
        rows = self.denoising.rows
        levels = sorted({row.noise for row in rows})
        return {
            method: [
                float(np.mean([getattr(r, measure) for r in rows if r.method == method and r.noise == level]))
                for level in levels
            ]
            for method in dict.fromkeys(row.method for row in rows)
        }

    def details(self) -> dict[str, Any]:
        """What ``evaluation.json`` holds beside metrics."""
        return {
            "per_class": [vars(row) for row in self.per_class.per_class],
            "accuracy_over_raw_pixels": {
                case: {"difference": value, "low": low, "high": high}
                for case, (value, (low, high)) in self.over_raw.items()
            },
            "denoising": self.denoising.details() if self.denoising else [],
            "denoising_gains": [vars(gain) for gain in self.gains],
            "not_denoised": self.not_denoised,
        }


def flat(scores: Mapping[str, Scores]) -> Metrics:
    """Case to scores as flat metrics."""
    return {name: value for case, found in scores.items() for name, value in found.metrics(case).items()}


def gains_of(comparison: Comparison, draws: int, seed: int) -> tuple[Gain, ...]:
    """Every spectral way against every other one, with bootstrap intervals over the fields."""
    methods = list(dict.fromkeys(row.method for row in comparison.rows))
    spectral = [method for method in methods if method.startswith("spectral")]
    gains = []
    for noise in sorted({row.noise for row in comparison.rows}):
        for method in spectral:
            for other in methods:
                if other in spectral or other == NOISY:
                    continue
                ours, theirs = comparison.of(method, "psnr"), comparison.of(other, "psnr")
                more = np.array([ours[key] - theirs[key] for key in ours if key[1] == noise])
                interval = mean_interval(more, draws, seed)
                gains.append(Gain(method, other, noise, float(more.mean()), interval))
    return tuple(gains)
