"""Pictures of the evaluation. Each is a PNG as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from components.field_ingest.field_set import Floats
from components.pictures import png
from components.spectral_evaluation.intervals import Scores

_COLOURS = ("#3b6fb6", "#e08e2b", "#4f8f4f", "#8064a2", "#c0504d", "#7a7a7a", "#3fa7a0")


def accuracy_picture(scores: Mapping[str, Mapping[str, Scores]]) -> bytes:
    """PNG: accuracy with its interval of each classifier, grouped by case.

    Args:
        scores: Classifier to case to scores.
    """
    cases = list(next(iter(scores.values())))
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(scores)
    for number, (name, of_case) in enumerate(scores.items()):
        heights = np.array([of_case[case].accuracy for case in cases])
        ends = np.array([of_case[case].accuracy_interval for case in cases]).T
        # A percentile interval need not hold the estimate.
        reach = np.maximum([heights - ends[0], ends[1] - heights], 0)
        at = np.arange(len(cases)) + (number - (len(scores) - 1) / 2) * width
        axes.bar(
            at, heights, width, yerr=reach, capsize=2, color=_COLOURS[number % len(_COLOURS)], label=name
        )
    axes.set_xticks(range(len(cases)), cases)
    axes.set(ylabel="accuracy", ylim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    return png(figure)


def denoising_picture(means: Mapping[str, Sequence[float]], noise: Sequence[float], label: str) -> bytes:
    """PNG: a line per way of denoising over the noise level.

    Args:
        means: Way to values per noise level.
        noise: Noise levels.
        label: Of the values.
    """
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    for number, (name, values) in enumerate(means.items()):
        axes.plot(noise, values, marker="o", color=_COLOURS[number % len(_COLOURS)], label=name)
    axes.set_xticks(noise, [f"{level:g}" for level in noise])
    axes.set(xlabel="standard deviation of the noise (range of the field: 1)", ylabel=label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8)
    return png(figure)


def error_maps(fields: Mapping[str, Floats], results: Mapping[str, Mapping[str, Floats]]) -> bytes:
    """PNG: for each field what each way made of it, and below how far that is from the field.

    Args:
        fields: Field to float32 [h, w] in 0..1.
        results: Field to way to float32 [h, w].
    """
    ways = list(next(iter(results.values())))
    figure = Figure(figsize=(1.9 * (len(ways) + 1), 4.1 * len(results)), layout="constrained")
    panels = figure.subplots(2 * len(results), len(ways) + 1, squeeze=False)
    for row, (name, of_way) in enumerate(results.items()):
        largest = max(float(np.abs(image - fields[name]).max()) for image in of_way.values())
        for column, (title, image) in enumerate({name: fields[name], **of_way}.items()):
            above, below = panels[2 * row, column], panels[2 * row + 1, column]
            above.imshow(image, cmap="gray", vmin=0, vmax=1)
            above.set_title(title, fontsize=8)
            if column:
                shown = below.imshow(np.abs(image - fields[name]), cmap="magma", vmin=0, vmax=largest)
            for axes in (above, below):
                axes.set_axis_off()
        bar = figure.colorbar(shown, ax=panels[2 * row + 1, 0], location="left", shrink=0.8)
        bar.set_label("absolute error", fontsize=8)
    return png(figure)


def spectra_picture(name: str, field: Floats, results: Mapping[str, Floats]) -> bytes:
    """PNG: mean power by radial frequency of a field and of what each way made of it.

    Args:
        name: Of the field.
        field: float32 [h, w].
        results: Way to float32 [h, w].
    """
    figure = Figure(figsize=(6.5, 3.8), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(0, 0.5, min(field.shape) // 4 + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    for number, (title, image) in enumerate({name: field, **results}.items()):
        colour = "black" if number == 0 else _COLOURS[(number - 1) % len(_COLOURS)]
        axes.plot(middle, _radial_power(image, edges), color=colour, linewidth=1.2, label=title)
    axes.set(xlabel="cycles per pixel", ylabel="mean power", yscale="log")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8)
    return png(figure)


def _radial_power(image: Floats, edges: Floats) -> Floats:
    height, width = image.shape
    power = np.abs(np.fft.fft2(image)) ** 2 / image.size
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    # The mean, at radius 0, would set the scale.
    inside = (radius > 0) & (radius <= edges[-1])
    bins = np.clip(np.digitize(radius[inside], edges) - 1, 0, len(edges) - 2)
    counts = np.bincount(bins, minlength=len(edges) - 1)
    sums = np.bincount(bins, weights=power[inside], minlength=len(edges) - 1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
