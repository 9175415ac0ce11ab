"""Anomalies, drift and statistics of features as one page."""

from __future__ import annotations

from collections.abc import Sequence

from components.feature_validation.checks import Anomaly
from components.feature_validation.drift import Drift
from components.feature_validation.pictures import histogram_picture
from components.feature_validation.statistics import SPLITS, Statistics
from components.validation_checks import Check, add_checks
from noria.html_report import Page

_MEASURES = {"jensen_shannon": "Jensen-Shannon divergence", "l_infinity": "L-infinity distance"}
_NUMBERS = ("mean", "std", "min", "median", "max", "zeros")


def validation_report(
    statistics: Statistics, anomalies: Sequence[Anomaly], drifts: Sequence[Drift], checks: Sequence[Check]
) -> str:
    """The page as HTML.

    Args:
        statistics: By split.
        anomalies: Those that ExampleValidator found.
        drifts: Distances between the splits.
        checks: All that were made; those that failed come first on the page.
    """
    page = Page("Feature validation")
    sizes = ", ".join(f"{split}: {statistics[split]['examples']:,} examples" for split in SPLITS)
    # Several per feature: those that hold are in checks.json.
    add_checks(page, checks, f"{sizes}.", kept_too=False)
    page.section("Anomalies")
    if anomalies:
        page.table(["split", "feature", "problem", "description"], anomalies)
    else:
        page.paragraph("None: both splits fit the schema.")
    _add_drift(page, drifts)
    _add_statistics(page, statistics)
    return page.render()


def _add_drift(page: Page, drifts: Sequence[Drift]) -> None:
    page.section("Drift").paragraph(
        "Distance of the split eval, the latest, from train. A season that train has not seen is drift, too."
    )
    ordered = sorted(drifts, key=lambda d: d.limit - d.value)
    page.table(
        ["feature", "measure", "value", "limit", "kept"],
        ([d.feature, _MEASURES[d.measure], d.value, d.limit, d.value <= d.limit] for d in ordered),
    )


def _add_statistics(page: Page, statistics: Statistics) -> None:
    rows: dict[str, list[list[object]]] = {"numbers": [], "texts": []}
    for name in statistics[SPLITS[0]]["features"]:
        for split in SPLITS:
            values = statistics[split]["features"][name]
            start = [name, split, values["count"], values["missing"]]
            if "unique" in values:
                top = ", ".join(f"{value} ({count})" for value, count in values["top"])
                rows["texts"].append([*start, values["unique"], top])
            else:
                rows["numbers"].append([*start, *(values.get(key) for key in _NUMBERS)])
    page.section("Statistics")
    if rows["numbers"]:
        page.table(["feature", "split", "count", "missing", *_NUMBERS], rows["numbers"])
    if rows["texts"]:
        page.table(["feature", "split", "count", "missing", "unique", "most frequent"], rows["texts"])
    picture = histogram_picture(statistics)
    if picture is not None:
        page.picture(picture, "Density of every number, by split")
