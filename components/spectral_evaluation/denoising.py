"""Compares ways of denoising by PSNR and SSIM, each with a parameter chosen on other fields.

Fields are split in two halves by the seed. A way's parameter for the fields of one half is the one with the
best mean PSNR on the other half at the same noise level. All results are cut off at 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from components.field_ingest.field_set import FieldSet, Floats
from components.spectral_evaluation.denoisers import Candidate

NOISY = "noisy"
# The window of structural similarity has 7 pixels.
_LEAST_SIDE = 16


@dataclass(frozen=True)
class Judged:
    """A way on one field at one noise level; ``psnr`` in dB."""

    field: str
    noise: float
    method: str
    parameter: str
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Comparison:
    """What came out.

    Attributes:
        rows: By noise level, field and way; ``noisy`` is the field with nothing done.
        fields: The parts of fields that were judged: float32 [h, w] in 0..1.
        left_out: Fields that cannot be judged, and why.
        results: Denoised fields of the middle noise level: field to way (and ``noisy``) to float32 [h, w].
        pictured_noise: That level.
    """

    rows: tuple[Judged, ...]
    fields: Mapping[str, Floats]
    left_out: Mapping[str, str]
    results: Mapping[str, Mapping[str, Floats]]
    pictured_noise: float

    def of(self, method: str, measure: str) -> dict[tuple[str, float], float]:
        """``psnr`` or ``ssim`` of a way by field and noise level."""
        rows = [row for row in self.rows if row.method == method]
        return {(row.field, row.noise): float(getattr(row, measure)) for row in rows}

    def details(self) -> list[dict[str, Any]]:
        """The rows for ``evaluation.json``."""
        return [asdict(row) for row in self.rows]


def parts_of_fields(fields: FieldSet, crop: int) -> tuple[dict[str, Floats], dict[str, str]]:
    """The middle of each 2D field, scaled to 0..1: float32 [h, w]; and what was left out, and why."""
    parts, left_out = {}, {}
    for name in fields.names:
        shape = fields.shape(name)
        if len(shape) != 2:
            left_out[name] = f"{len(shape)}D: structural similarity is defined for images here"
            continue
        starts = [max(0, (size - crop) // 2) for size in shape]
        part = np.array(fields.field(name)[starts[0] : starts[0] + crop, starts[1] : starts[1] + crop])
        extent = float(part.max() - part.min())
        if min(part.shape) < _LEAST_SIDE:
            left_out[name] = f"{part.shape[0]} x {part.shape[1]}: smaller than {_LEAST_SIDE} pixels"
        elif extent == 0:
            left_out[name] = "its middle is constant"
        else:
            parts[name] = ((part - part.min()) / extent).astype(np.float32)
    return parts, left_out


def compare(
    parts: Mapping[str, Floats],
    left_out: Mapping[str, str],
    methods: Mapping[str, tuple[Candidate, ...]],
    noise: tuple[float, ...],
    seed: int,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Comparison:
    """Runs every candidate on every field at every noise level, chooses, judges.

    Args:
        parts: Two or more fields, see ``parts_of_fields``.
        left_out: Likewise.
        methods: Ways with their candidates.
        noise: Standard deviations.
        seed: Of noise and halves.
        progress: Called with fields done and in all, over the levels.
    """
    names = list(parts)
    halves = np.random.default_rng(seed).permutation(len(names)) % 2
    shown = sorted(noise)[len(noise) // 2]
    rows: list[Judged] = []
    results: dict[str, dict[str, Floats]] = {}
    for level, deviation in enumerate(noise):
        found: list[dict[str, list[tuple[float, Floats]]]] = []
        for number, name in enumerate(names):
            clean = parts[name]
            drawn = np.random.default_rng([seed, level, number]).standard_normal(clean.shape, np.float32)
            noisy = clean + np.float32(deviation) * drawn
            found.append(
                {
                    method: [_outcome(clean, candidate.run(noisy, deviation)) for candidate in candidates]
                    for method, candidates in methods.items()
                }
                | {NOISY: [_outcome(clean, noisy)]}
            )
            progress(level * len(names) + number + 1, len(noise) * len(names))
        for number, name in enumerate(names):
            others = np.flatnonzero(halves != halves[number])
            images = {}
            for method in (NOISY, *methods):
                means = np.mean([[psnr for psnr, _ in found[other][method]] for other in others], axis=0)
                best = int(means.argmax())
                psnr, images[method] = found[number][method][best]
                parameter = methods[method][best].parameter if method in methods else ""
                ssim = _similarity(parts[name], images[method])
                rows.append(Judged(name, deviation, method, parameter, psnr, ssim))
            if deviation == shown:
                results[name] = images
    return Comparison(tuple(rows), dict(parts), dict(left_out), results, shown)


def _outcome(clean: Floats, found: Floats) -> tuple[float, Floats]:
    cut: Floats = np.clip(found, 0, 1).astype(np.float32)
    psnr: Any = peak_signal_noise_ratio  # scikit-image has no types
    return float(psnr(clean, cut, data_range=1.0)), cut


def _similarity(clean: Floats, found: Floats) -> float:
    ssim: Any = structural_similarity
    return float(ssim(clean, found, data_range=1.0))
